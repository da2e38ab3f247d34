import type { BucketMove } from './move-plan.ts';

/**
 * Moves in phases, such that at any time a shard that owns keys owns numbers too, and an order can be placed with each of
 * its keys. Keys come after the numbers, but leave a shard that is emptied before its last numbers do. Half of those go
 * first to a shard that owns none yet.
 *
 * @param owned how many buckets of numbers each shard owns before
 */
export function phasesOf<Move extends Pick<BucketMove, 'kind' | 'from' | 'to'>>(
  moves: readonly Move[],
  owned: ReadonlyMap<number, number>,
): readonly (readonly Move[])[] {
  const numbers = moves.filter(({ kind }) => kind === 'numbers');
  const leaving = Map.groupBy(numbers, ({ from }) => from);
  const isEmptied = (shard: number) => (leaving.get(shard)?.length ?? 0) >= (owned.get(shard) ?? 0);
  const ahead = new Set(
    [...leaving].flatMap(([shard, all]) =>
      isEmptied(shard)
        ? all.filter(({ to }) => (owned.get(to) ?? 0) === 0).slice(0, Math.ceil(all.length / 2))
        : all,
    ),
  );
  return [
    numbers.filter((move) => ahead.has(move)),
    moves.filter(({ kind }) => kind === 'keys'),
    numbers.filter((move) => !ahead.has(move)),
  ].filter((phase) => phase.length > 0);
}

/** How many buckets each shard owns, by a list of owners. */
export function countByOwner(owners: readonly number[]): ReadonlyMap<number, number> {
  return new Map([...Map.groupBy(owners, (owner) => owner)].map(([owner, { length }]) => [owner, length]));
}
