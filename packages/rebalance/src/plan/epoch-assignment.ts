import type { ShardMap } from '@ordershard/shard-router';
import { afterMoves, balance, type WeightedShard } from './balance.ts';

/** Who owns what in an epoch to come. Index: bucket. Value: shard. */
export interface EpochOwners {
  readonly owners: readonly number[];
  readonly keyOwners: readonly number[];
  /** Buckets of numbers, and of keys, that get another owner than in the epoch before. */
  readonly changed: { readonly numbers: number; readonly keys: number };
}

/**
 * The assignment of a new epoch: each shard gets its part of new orders by weight, one with weight 0 none, and as few
 * buckets as can be change their owner. A pure function of map and weights.
 */
export function epochAssignment(map: ShardMap, shards: readonly WeightedShard[]): EpochOwners {
  const numbers = reassigned(map.epochs.at(-1)!.owners, shards);
  const keys = reassigned(map.keyOwners, shards);
  return {
    owners: numbers.owners,
    keyOwners: keys.owners,
    changed: { numbers: numbers.changed, keys: keys.changed },
  };
}

function reassigned(owners: readonly number[], shards: readonly WeightedShard[]) {
  // What is to come is spread by the hash: each bucket counts the same.
  const held = owners.map((owner, bucket) => ({ bucket, owner, rows: 1 }));
  const moves = balance(held, shards);
  return { owners: afterMoves(held, moves).map(({ owner }) => owner), changed: moves.length };
}
