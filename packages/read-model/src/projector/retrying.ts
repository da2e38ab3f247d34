import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ordershard/process';

/** Waits `ms` milliseconds, or until `signal` aborts. Never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted: the wait is over.
  }
}

/** Pause before the next try after a failure: from 0.1 s, doubled each time, up to 5 s, less some jitter. */
export function retryPause(failures: number, random: () => number = Math.random): number {
  const ms = Math.min(5_000, 100 * 2 ** Math.min(failures, 10));
  return ms * (1 - random() / 2);
}

/** Whether an error says of itself that the same call may succeed later. */
export function isRetryable(error: unknown): boolean {
  return (error as { retryable?: unknown } | null)?.retryable === true;
}

/** Returns how to log an error: only its message if it is retryable, otherwise the whole error. */
export function logged(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return isRetryable(error) ? { reason: (error as Error).message } : { err: error };
}

/** Options of {@link retrying}. */
export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Called with the error of each failure, and with undefined when a call succeeds after failures. */
  readonly report?: (error: Error | undefined) => void;
}

/**
 * Calls `fn` until it succeeds, as long as its errors are retryable. Throws any other error, and throws the last error when
 * `signal` aborts.
 */
export async function retrying<T>(
  what: string,
  fn: () => Promise<T>,
  { signal, log, report }: RetryOptions,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      const result = await fn();
      if (failures > 0) {
        report?.(undefined);
        log.info(`${what} works again`);
      }
      return result;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      report?.(error as Error);
      if (failures === 0) log.warn(logged(error), `${what} failed; it is tried again`);
      await pause(retryPause(failures), signal);
      if (signal.aborted) throw error;
    }
  }
}
