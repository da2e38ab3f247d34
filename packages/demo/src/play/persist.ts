import { setTimeout as delay } from 'node:timers/promises';
import type { ApiAnswer, ApiClient, ApiRequest } from './api-client.ts';
import { CallFailedError, InterruptedError } from './errors.ts';

/** How often a call is made: a server's trouble (5xx, 408, 429, no answer) passes; another refusal rarely does. */
const ATTEMPTS = { trouble: 12, refusal: 3 } as const;

const LONGEST_WAIT_MS = 3_000;

/** Counts the answers that were not the expected ones. */
export interface Surprises {
  surprises: number;
}

/**
 * Repeats a call until it gets the expected status, as a client does: the same request with the same key, each time after a
 * longer wait. Throws {@link CallFailedError} when it never gets it.
 */
export async function persist(
  client: ApiClient,
  request: ApiRequest,
  expected: number,
  counter: Surprises,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw new InterruptedError('the run was interrupted');
    const answer = await client.send(request).catch((error: unknown) => error as Error);
    if (!(answer instanceof Error) && answer.status === expected) return answer;
    counter.surprises += 1;
    if (attempt >= mostAttempts(answer)) throw failure(request, attempt, answer);
    await delay(waitBefore(attempt, answer), undefined, { signal }).catch(() => undefined);
  }
}

function mostAttempts(answer: ApiAnswer | Error): number {
  if (answer instanceof Error) return ATTEMPTS.trouble;
  const { status } = answer;
  return status >= 500 || status === 408 || status === 429 ? ATTEMPTS.trouble : ATTEMPTS.refusal;
}

function waitBefore(attempt: number, answer: ApiAnswer | Error): number {
  const asked = answer instanceof Error ? undefined : answer.retryAfter;
  const ownMs = 25 * 2 ** attempt * (0.5 + Math.random());
  return Math.min(LONGEST_WAIT_MS, Math.max(ownMs, (asked ?? 0) * 1_000));
}

function failure({ method, path }: ApiRequest, attempts: number, answer: ApiAnswer | Error): CallFailedError {
  const call = `${method} ${path}`;
  if (answer instanceof Error) {
    return new CallFailedError(call, attempts, undefined, answer.message, { cause: answer });
  }
  return new CallFailedError(call, attempts, answer.status, detailOf(answer.body));
}

/** Returns what a problem document says; of any other text, its beginning. */
export function detailOf(body: string): string {
  try {
    const { detail, title, errors } = JSON.parse(body) as {
      detail?: string;
      title?: string;
      errors?: { field: string; message: string }[];
    };
    const fields = (errors ?? []).map(({ field, message }) => `${field} ${message}`).join('; ');
    return (
      [detail ?? title, fields].filter((part) => part !== undefined && part !== '').join(': ') ||
      body.slice(0, 200)
    );
  } catch {
    return body.slice(0, 200);
  }
}
