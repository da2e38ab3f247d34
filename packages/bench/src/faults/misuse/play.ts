import { Tallies } from '../series.ts';
import type { Actors } from './actors.ts';
import { KINDS } from './kinds.ts';
import type { Draw } from './messages.ts';
import type { Movements } from './movements.ts';

/** Honest calls that are acknowledged for each wrong use, at the least. */
export const CALLS_A_USE = 50;
const TELL_EVERY = 20;

const SET_FENCES = new Set(KINDS.filter(({ setsFences }) => setsFences === true).map(({ name }) => name));
const setsFences = (pair: readonly Draw[]) => pair.some(({ name }) => SET_FENCES.has(name));

/** What wrong uses came to. */
export interface Played {
  readonly tallies: Tallies;
  /** Calls that were refused by type. */
  readonly refused: number;
}

/**
 * Does pairs one after the other while buckets move. In the middle of them an epoch is opened.
 *
 * @param movements open the epoch; undefined where none is
 */
export async function play(
  actors: Actors,
  movements: Movements | undefined,
  pairs: readonly (readonly Draw[])[],
  progress: (message: string) => void,
): Promise<Played> {
  const tallies = new Tallies();
  const left = [...pairs];
  let refused = 0;
  let opening: 'not yet' | 'under way' | 'done' = 'not yet';
  while (left.length > 0) {
    if (movements !== undefined && opening === 'not yet' && left.length <= pairs.length / 2) {
      opening = 'under way';
      void movements.openEpoch().then(
        () => (opening = 'done'),
        () => (opening = 'done'),
      );
    }
    // A pair that sets fences by hand has to wait until the epoch has begun.
    const next = opening === 'under way' ? left.findIndex((pair) => !setsFences(pair)) : 0;
    if (next < 0) {
      await movements!.openEpoch();
      continue;
    }
    const [pair] = left.splice(next, 1);
    const { results, acknowledged } = await actors.do(pair!, CALLS_A_USE * pair!.length);
    for (const { name, evidence, refused: some } of results) {
      tallies.add(name, evidence);
      refused += some;
      if (evidence === undefined) progress(`${name} cannot be proved`);
    }
    const done = pairs.length - left.length;
    if (done % TELL_EVERY === 0) progress(`${done} pairs, ${acknowledged} honest calls acknowledged`);
  }
  await movements?.openEpoch();
  return { tallies, refused };
}
