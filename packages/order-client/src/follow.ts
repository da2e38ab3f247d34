import { ConnectionError } from './errors.ts';
import { parseExact } from './exact-json.ts';
import type { HistoryEntry } from './generated.ts';
import { readAnswer } from './read-answer.ts';
import { readEvents } from './read-events.ts';
import { send, urlOf, type OrderClientOptions } from './request.ts';
import { pauseBefore, worthAnotherTry } from './retry.ts';

/** What happened to an order. */
export type OrderEvent = HistoryEntry & { readonly number: string };

export interface FollowOptions {
  /** The version after which to begin; 0, from the first one on, by default. */
  readonly after?: number;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

/**
 * Yields what happens to an order until nothing can happen any more. A stream that ends is opened again after the last
 * version that was seen.
 *
 * @throws ApiProblemError for an order that is not there, or not the caller's; the reason of `signal`
 */
export async function* follow(
  options: OrderClientOptions,
  number: string,
  { after = 0, signal }: FollowOptions = {},
): AsyncGenerator<OrderEvent, void, undefined> {
  const url = urlOf(options.baseUrl, '/v1/orders/{number}/events', { path: { number } });
  for (let last = after, failures = 0; ;) {
    try {
      const headers = { Accept: 'text/event-stream', 'Last-Event-ID': `${last}` };
      const response = await send(options, { method: 'GET', url, headers, signal });
      if (response.status === 204) return;
      if (response.status !== 200 || response.body === null) {
        await readAnswer(response);
        throw new ConnectionError('the stream has no body');
      }
      for await (const { data } of readEvents(response.body)) {
        const event = parseExact(data) as OrderEvent;
        last = event.version;
        failures = 0;
        yield event;
      }
      // The stream ended in good order: nothing more will happen, or the process stops. The next request tells which.
      await pauseBefore(1, undefined, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!worthAnotherTry(error)) throw error;
      failures += 1;
      await pauseBefore(failures, error, signal);
    }
  }
}
