import { randomInt } from 'node:crypto';

/** Revisions of two who read the same highest one at once differ, but for one time in a million. */
const SPREAD = 1_000_000;

/**
 * A revision above the highest that the databases have: of two changes the later one has the higher, whatever the clocks of
 * those who make them say.
 */
export function nextRevision(highest: bigint): bigint {
  return highest + 1n + BigInt(randomInt(SPREAD));
}
