import { setTimeout as sleep } from 'node:timers/promises';
import { SwitchUnfinishedError } from './errors.ts';

/** How long a step of a switch may take. */
export const STEP_LIMIT_MS = 120_000;
const LOOK_MS = 250;

/**
 * Waits until a condition holds.
 *
 * @throws SwitchUnfinishedError after `limitMs`, two minutes by default; the error names the condition
 */
export async function waitFor(
  what: string,
  holds: () => Promise<boolean>,
  limitMs: number = STEP_LIMIT_MS,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new SwitchUnfinishedError(`waited in vain until ${what}`);
    await sleep(LOOK_MS);
  }
}
