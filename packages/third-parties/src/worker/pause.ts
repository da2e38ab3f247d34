import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms` milliseconds, or until `signal` aborts. Never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const FIRST_MS = 100;
const LONGEST_MS = 3_000;

/**
 * Returns the pause before another try after `failures` failures in a row: doubled each time, less some jitter. Milliseconds.
 */
export function retryPause(failures: number, random: () => number = Math.random): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10)) * (1 - random() / 2);
}
