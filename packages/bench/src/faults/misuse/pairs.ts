import type { Seeded } from '../seeded.ts';
import { seriesOf } from '../series.ts';
import type { Draw } from './messages.ts';
import type { WrongUse } from './wrong-use.ts';

/** Wrong uses in pairs, each kind equally often, or once more. The last one is alone when their number is odd. */
export function pairsOf(kinds: readonly WrongUse[], count: number, random: Seeded): Draw[][] {
  const draws = seriesOf(kinds, count, random).map(({ name }) => ({
    name,
    seed: random.between(0, 2 ** 31),
  }));
  const pairs: Draw[][] = [];
  for (let at = 0; at < draws.length; at += 2) pairs.push(draws.slice(at, at + 2));
  return pairs;
}
