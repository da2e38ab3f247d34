import type { Seeded } from '../../seeded.ts';
import type { Cut } from '../../wire/cut.ts';
import type { Fault } from '../fault.ts';

/** A connection is cut before a produce request leaves for the broker. */
export const cutBefore = cutting('cut before produce', () => ({ when: 'before' }));

/** A connection is cut when only a part of a produce request has left. */
export const cutDuring = cutting('cut during produce', (random) => ({
  when: 'during',
  share: random.chance(0.3) ? 0.999 : random.between(1, 999) / 1_000,
}));

/** A connection is cut when a produce request has left, before its answer is back. */
export const cutAfter = cutting('cut after produce', (random) => ({
  when: 'after',
  // Mostly when it is through for certain.
  how: random.chance(0.75) ? 'last answer' : 'ended',
}));

/** A connection is cut, and the produce request gets to the broker when the relay has given it up. */
export const cutLate = cutting('produce comes late', (random) => ({
  when: 'late',
  ms: random.between(5, 4_000),
}));

/** A cut of a kind at the next produce request of a relay. */
export function cutting(name: string, cutOf: (random: Seeded) => Cut): Fault {
  return {
    name,
    victim: 'relay',
    happen: (scene, random) =>
      scene.withHolder(async ({ kafka, holder }) => {
        let made: string | undefined;
        kafka.cutNext(cutOf(random), (evidence) => (made = evidence));
        await scene.until('a produce request to be cut off', () => made !== undefined);
        return `${holder}: ${made}`;
      }),
  };
}
