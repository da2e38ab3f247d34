import { setTimeout as delay } from 'node:timers/promises';

export interface Settling {
  /** How much is still awaited; 0 when all is there. */
  readonly pending: () => number;
  /** A number that changes as long as something moves. */
  readonly progress: () => Promise<string>;
  /** How long nothing may move before the wait is given up, milliseconds. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

const LOOK_MS = 25;
const ASK_PROGRESS_MS = 1_000;

/** Waits until nothing is pending. Resolves to false when nothing has moved for too long, or the signal was given. */
export async function settle({ pending, progress, stallMs, signal }: Settling): Promise<boolean> {
  let moved = performance.now();
  let last = '';
  let asked = 0;
  while (pending() > 0) {
    const now = performance.now();
    if (signal.aborted) return false;
    if (now - asked >= ASK_PROGRESS_MS) {
      asked = now;
      const state = await progress();
      if (state !== last) moved = performance.now();
      last = state;
    }
    if (performance.now() - moved > stallMs) return false;
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return true;
}
