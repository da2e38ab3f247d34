import type { Logger } from '@ordershard/process';
import { pause } from './pause.ts';
import { retryPause } from './pace.ts';

/** Whether an error says of itself that the same call may succeed later. */
export function isRetryable(error: unknown): boolean {
  return (error as { retryable?: unknown } | null)?.retryable === true;
}

/** Returns what to log of an error: all of it, or only its message if it is temporary and retried. */
export function logged(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return isRetryable(error) ? { reason: (error as Error).message } : { err: error };
}

/**
 * Calls `fn` until it succeeds, as long as its errors are retryable. Throws any other error at once, and the last error when
 * `signal` aborts.
 */
export async function retrying<T>(
  what: string,
  fn: () => Promise<T>,
  signal: AbortSignal,
  log: Logger,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await fn();
    } catch (error) {
      if (!isRetryable(error) || signal.aborted) throw error;
      if (failures === 0) log.warn(logged(error), `${what} failed; it is tried again`);
    }
    await pause(retryPause(failures), signal);
  }
}
