import { epochRanges, type ShardMap } from '@ordershard/shard-router';
import { balance, type WeightedShard } from '../plan/balance.ts';

/** Who owns what in an epoch to come. */
export interface NextAssignment {
  readonly owners: readonly number[];
  readonly keyOwners: readonly number[];
  /** Buckets of numbers that get another owner, and buckets of keys. */
  readonly changed: { readonly numbers: number; readonly keys: number };
}

/**
 * Returns the assignment of an epoch in which each shard has its part of the buckets by weight. Changes the owner of as few
 * buckets as possible from the newest epoch. All buckets count alike, since a hash spreads what is written from then on. A
 * pure function: the same map and weights give the same assignment.
 */
export function nextAssignment(map: ShardMap, shards: readonly WeightedShard[]): NextAssignment {
  const { owners, keyOwners } = epochRanges(map).at(-1)!;
  const numbers = spread(owners, shards);
  const keys = spread(keyOwners, shards);
  return {
    owners: numbers.owners,
    keyOwners: keys.owners,
    changed: { numbers: numbers.moves, keys: keys.moves },
  };
}

function spread(owners: readonly number[], shards: readonly WeightedShard[]) {
  const held = owners.map((owner, bucket) => ({ bucket, owner, rows: 1 }));
  const next = [...owners];
  const moves = balance(held, shards);
  for (const { bucket, to } of moves) next[bucket] = to;
  return { owners: next, moves: moves.length };
}
