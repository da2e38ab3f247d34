import { ApiProblemError, ConnectionError, UnexpectedAnswerError } from './errors.ts';
import { parseExact } from './exact-json.ts';
import { READER_TOKEN } from './seen.ts';
import type { Problem } from './generated.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  /** The order's version, for If-Match; undefined where the answer has none. */
  readonly etag: string | undefined;
  /** Number and version that a write made, for `atLeast` of lists. */
  readonly orderVersion: string | undefined;
  /** What was seen with this answer, for the `Reader-Token` of another client; this one sends it by itself. */
  readonly readerToken: string | undefined;
  /** Whether an earlier request under the same key was carried out, and this is its answer. */
  readonly replayed: boolean;
}

/** How long the API asks to wait, by the error that its answer became. Milliseconds. */
const RETRY_AFTER = new WeakMap<Error, number>();

/** The milliseconds that an answer asked to wait before the next try; undefined when it did not. */
export function retryAfterMs(error: unknown): number | undefined {
  return error instanceof Error ? RETRY_AFTER.get(error) : undefined;
}

/**
 * Reads an answer.
 *
 * @throws ApiProblemError, ConnectionError when it was cut off, UnexpectedAnswerError when it is not the API's
 */
export async function readAnswer(response: Response): Promise<Answer<unknown>> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw new ConnectionError('the answer was cut off', { cause });
  }
  const { status, headers } = response;
  let body: unknown;
  try {
    body = text === '' ? undefined : parseExact(text);
  } catch (cause) {
    throw new UnexpectedAnswerError(status, { cause });
  }
  if (status < 300 || status === 304) {
    return {
      status,
      body,
      etag: headers.get('ETag') ?? undefined,
      orderVersion: headers.get('Order-Version') ?? undefined,
      readerToken: headers.get(READER_TOKEN) ?? undefined,
      replayed: headers.get('Idempotent-Replayed') === 'true',
    };
  }
  if (!headers.get('Content-Type')?.startsWith('application/problem+json'))
    throw new UnexpectedAnswerError(status);
  const error = new ApiProblemError(body as Problem);
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  if (Number.isFinite(seconds)) RETRY_AFTER.set(error, seconds * 1_000);
  throw error;
}
