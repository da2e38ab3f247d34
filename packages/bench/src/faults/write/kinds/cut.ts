import type { AfterCut, Cut, CutMade } from '../../wire/cut.ts';
import type { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';
import { commits, type Scene } from '../scene.ts';

const AFTER: readonly AfterCut[] = ['ended', 'torn', 'first answer', 'last answer'];

/** A connection is cut before the text with its COMMIT leaves for the server. */
export const cutBefore = cutting('cut before COMMIT', () => ({ when: 'before' }));

/** A connection is cut when only a part of the text has left. */
export const cutDuring = cutting('cut during COMMIT', (random) => ({
  when: 'during',
  // Often all but the last bytes, which hold the COMMIT.
  share: random.chance(0.5) ? 0.999 : random.between(1, 999) / 1_000,
}));

/** A connection is cut when the text has left, before its answer is back. */
export const cutAfter = cutting('cut after COMMIT', (random) => ({ when: 'after', how: random.pick(AFTER) }));

/** A connection is cut, and the text gets to the server when the client has given it up. */
export const cutLate = cutting('COMMIT comes late', (random) => ({
  when: 'late',
  ms: random.between(5, 1_500),
}));

/** A cut of a kind at the next text that `fits`, on a shard of chance. */
export function cutting(
  name: string,
  cutOf: (random: Seeded) => Cut,
  fits: (text: string) => boolean = commits,
): Fault {
  return {
    name,
    happen: async (scene: Scene) => {
      const proxy = scene.random.pick(scene.proxies);
      const made: CutMade[] = [];
      proxy.cutNext(fits, cutOf(scene.random), (one) => made.push(one));
      await scene.until('a text to be cut off', () => made.length > 0);
      const { cut, text } = made[0]!;
      return `${JSON.stringify(cut)} at a text of ${text.length} characters`;
    },
  };
}
