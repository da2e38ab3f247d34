import { randomInt } from 'node:crypto';

/** Two callers that read the same highest revision at once draw different ones, except one time in a million. */
const SPREAD = 1_000_000;

/**
 * Returns a revision above the highest that the databases have. So of two changes the later one has the higher revision,
 * whatever the clocks of their authors say.
 */
export function nextRevision(highest: bigint): bigint {
  return highest + 1n + BigInt(randomInt(SPREAD));
}
