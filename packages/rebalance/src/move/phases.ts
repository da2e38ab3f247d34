import type { BucketMove } from './move-plan.ts';

/**
 * Sorts moves into phases: half of the numbers of each shard, then the keys and text keys, then the other half of the
 * numbers. An order that is placed with a key gets a number on the shard of that key. So a shard that owns keys must own
 * numbers at any time, also while it is emptied or filled. Orders that are placed during the moves are then spread evenly
 * too.
 *
 * @param owned how many buckets of numbers each shard owns before
 */
export function phasesOf<Move extends Pick<BucketMove, 'kind' | 'from' | 'to'>>(
  moves: readonly Move[],
  owned: ReadonlyMap<number, number>,
): readonly (readonly Move[])[] {
  const numbers = moves.filter(({ kind }) => kind === 'numbers');
  const ahead = new Set<Move>();
  for (const [from, leaving] of Map.groupBy(numbers, (move) => move.from)) {
    const isEmptied = leaving.length >= (owned.get(from) ?? 0);
    for (const [to, flow] of Map.groupBy(leaving, (move) => move.to)) {
      const half = flow.length / 2;
      const count = isEmptied && (owned.get(to) ?? 0) > 0 ? Math.floor(half) : Math.ceil(half);
      for (const move of flow.slice(0, count)) ahead.add(move);
    }
  }
  return [
    numbers.filter((move) => ahead.has(move)),
    moves.filter(({ kind }) => kind !== 'numbers'),
    numbers.filter((move) => !ahead.has(move)),
  ].filter((phase) => phase.length > 0);
}

/** How many buckets each shard owns, by a list of owners. */
export function countByOwner(owners: readonly number[]): ReadonlyMap<number, number> {
  return new Map([...Map.groupBy(owners, (owner) => owner)].map(([owner, { length }]) => [owner, length]));
}
