import { TopologyError, UnknownShardError } from '../errors.ts';
import type { ShardKey } from './bucket.ts';

/** What one more shard costs under a strategy. */
export interface Growth {
  /** What is given to the new shard, whole: a hash bucket, a range of keys, or a single key. */
  readonly unit: 'bucket' | 'range' | 'key';
  /** Whether growing can leave every key where it is and give the new shard new keys only. */
  readonly withoutCopying: boolean;
  /** One sentence for operators. */
  readonly description: string;
}

/** Says which shard a key lives on. */
export interface ShardingStrategy {
  readonly name: string;
  /** The shards that keys can live on. */
  readonly shards: readonly number[];
  readonly growth: Growth;
  /**
   * Returns the shard of a key. When nothing has to be fetched, it returns a number at once, which costs no turn of the event
   * loop; else a promise. Only a directory ever returns a promise, for a key that is not in its cache.
   *
   * @throws InvalidKeyError, at once, for what is not a key of this strategy
   */
  shardOf(key: ShardKey): number | Promise<number>;
}

/** Checks the shards of a strategy: ids, none of them twice. Throws {@link TopologyError}. */
export function checkStrategyShards(shards: readonly number[]): ReadonlySet<number> {
  if (shards.length === 0) throw new TopologyError('a strategy needs a shard');
  const known = new Set(shards);
  if (known.size !== shards.length) throw new TopologyError('a strategy names a shard twice');
  const bad = shards.find((shard) => !Number.isInteger(shard) || shard < 0);
  if (bad !== undefined) throw new TopologyError(`${bad} is not a shard id`);
  return known;
}

/** Throws {@link UnknownShardError} when `shard` is none of `known`; `what` says who names it. */
export function checkKnownShard(known: ReadonlySet<number>, shard: number, what: string): void {
  if (!known.has(shard)) throw new UnknownShardError(`${what} names shard ${shard}, which is not there`);
}
