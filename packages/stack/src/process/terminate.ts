import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, signal, type ProcessIdentity } from './identity.ts';

/** How often to check whether a process that should end is gone. Milliseconds. */
const POLL_MS = 25;

/**
 * Ends processes side by side: SIGTERM, and SIGKILL for what is left after `graceMs`. With 0 it kills them at once, which is
 * right when their data is thrown away. Resolves when all are gone.
 */
export async function terminate(processes: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  await Promise.all(
    processes.map(async (identity) => {
      if (graceMs > 0) {
        signal(identity, 'SIGTERM');
        signal(identity, 'SIGCONT');
        if (await gone(identity, graceMs)) return;
      }
      signal(identity, 'SIGKILL');
      await gone(identity, Number.POSITIVE_INFINITY);
    }),
  );
}

/** Waits until a process is gone; false when it still runs after `withinMs`. */
export async function gone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (isAlive(identity)) {
    if (Date.now() >= until) return false;
    await delay(POLL_MS);
  }
  return true;
}
