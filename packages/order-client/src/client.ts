import { stringifyExact } from './exact-json.ts';
import { follow, type FollowOptions, type OrderEvent } from './follow.ts';
import { KEYED, READERS, ROUTES, type Operations } from './generated.ts';
import { readAnswer, type Answer } from './read-answer.ts';
import { send, urlOf, type AnyInput, type OrderClientOptions, type RequestOptions } from './request.ts';
import { pauseBefore, worthAnotherTry } from './retry.ts';
import { READER_TOKEN, Seen } from './seen.ts';

type Called = Exclude<keyof Operations, 'trackOrder' | 'livez' | 'readyz'>;

/** What an operation takes: its parameters, headers and body. */
export type InputOf<O extends keyof Operations> = Omit<Operations[O], 'answer'> & RequestOptions;

/** A function for each operation; each rejects with ApiProblemError, ConnectionError or UnexpectedAnswerError. */
export type OrderClient = {
  readonly [O in Called]: (input: InputOf<O>) => Promise<Answer<Operations[O]['answer']>>;
} & {
  /** What happens to an order, as it happens. Connects again by itself, and misses nothing. */
  follow(number: string, options?: FollowOptions): AsyncGenerator<OrderEvent, void, undefined>;
};

/**
 * Returns a client of the order API. If no answer comes, or one that asks for patience, it repeats requests that can be sent
 * again: reads, PUT, and operations with an Idempotency-Key, for which it makes up a key if the caller gave none.
 *
 * It never gets older data than it has seen or written, whichever instance answers: it sends the Reader-Token of its last
 * answer with each request.
 */
export function createOrderClient(options: OrderClientOptions): OrderClient {
  const seen = new Seen();
  const calls = Object.keys(ROUTES).map((operation) => [
    operation,
    (input: AnyInput = {}) => call(options, seen, operation as Called, input),
  ]);
  return {
    ...(Object.fromEntries(calls) as Omit<OrderClient, 'follow'>),
    follow: (number: string, settings?: FollowOptions) => follow(options, number, settings),
  } as OrderClient;
}

async function call(
  options: OrderClientOptions,
  seen: Seen,
  operation: Called,
  input: AnyInput,
): Promise<Answer<unknown>> {
  const [method, path] = ROUTES[operation];
  const keyed = KEYED.has(operation);
  const headers = Object.fromEntries(
    Object.entries(input.headers ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  if (keyed) headers['Idempotency-Key'] ??= crypto.randomUUID();
  const ownToken = READER_TOKEN in headers || !READERS.has(operation);
  const request = {
    method,
    url: urlOf(options.baseUrl, path, input),
    body: input.body === undefined ? undefined : stringifyExact(input.body),
    signal: input.signal,
  };
  const tries = keyed || method !== 'POST' || operation === 'drawOrderNumber' ? (options.tries ?? 4) : 1;
  for (let tried = 1; ; tried += 1) {
    const { tokens, answered } = seen.begin();
    const carried = ownToken || tokens === undefined ? headers : { ...headers, [READER_TOKEN]: tokens };
    try {
      const answer = await readAnswer(await send(options, { ...request, headers: carried }));
      if (!ownToken) answered(answer.readerToken ?? null);
      return answer;
    } catch (error) {
      if (!ownToken) seen.refused(error, input.query);
      input.signal?.throwIfAborted();
      if (tried >= tries || !worthAnotherTry(error)) throw error;
      await pauseBefore(tried, error, input.signal);
    }
  }
}
