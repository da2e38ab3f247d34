import { setTimeout as sleep } from 'node:timers/promises';

/** How long something may take that has to happen, milliseconds. It bounds a hang, on a machine that may be busy. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 5;

/** Something that had to happen did not. */
export class WaitedInVainError extends Error {
  override readonly name = 'WaitedInVainError';
  readonly code = 'FAULTS_WAITED_IN_VAIN';
}

/** Resolves when a condition holds. @throws WaitedInVainError after `withinMs` */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end)
      throw new WaitedInVainError(`waited ${withinMs / 1_000} s in vain for ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
