import { ApiProblemError, ConnectionError } from './errors.ts';
import { retryAfterMs } from './read-answer.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Whether a call that failed may succeed when it is tried again. */
export function worthAnotherTry(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiProblemError && error.retryable);
}

/** Waits before try `tried + 1`: twice as long each time, with jitter, and at least as long as the API asked for. */
export async function pauseBefore(tried: number, error: unknown, signal?: AbortSignal): Promise<void> {
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS);
  const ms = Math.max(retryAfterMs(error) ?? 0, growing * (0.5 + Math.random() / 2));
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
