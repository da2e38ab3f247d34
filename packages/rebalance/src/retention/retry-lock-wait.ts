import { setTimeout as sleep } from 'node:timers/promises';

/** How often something that loses its wait for a lock is tried. */
const TRIES = 5;
/** The pause between two tries, in which the sessions that wait behind it get their turn. Milliseconds. */
const PAUSE_MS = 300;

/** MySQL's numbers of a lock wait that was given up, of a deadlock, and of a statement that another session has ended. */
const CONTENTION = new Set([1205, 1213, 1317]);

/** Whether a statement lost its wait for a lock of rows or of a table. */
export function lostItsWait(error: unknown): boolean {
  return CONTENTION.has((error as { errno?: number }).errno ?? 0);
}

/** Runs something again, a few times, while it loses its wait for other sessions' locks. In the pauses these go on. */
export async function retryLockWait<T>(attempt: () => Promise<T>, most = TRIES): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!lostItsWait(error) || tries >= most) throw error;
    }
    await sleep(PAUSE_MS * (0.5 + Math.random()));
  }
}
