import { TopologyError } from '../errors.ts';
import { assignmentsOf, ownerOfNumber, type ShardMap, textOwnersOf } from '../topology/map.ts';
import { bucketOf, type ShardKey } from './bucket.ts';
import { checkKnownShard, checkStrategyShards, type Growth, type ShardingStrategy } from './strategy.ts';

/**
 * Hashes a key to a bucket and looks the bucket's shard up in a shard map: a bigint is a number and goes by its epoch,
 * a text goes by the owners of text keys, which no epoch changes. Made anew for each version of the map.
 */
export class KeyHashStrategy implements ShardingStrategy {
  readonly name = 'key-hash';
  readonly shards: readonly number[];
  readonly growth: Growth = {
    unit: 'bucket',
    withoutCopying: true,
    description:
      'Buckets move one by one, or an epoch gives all later numbers to all shards and nothing moves.',
  };
  readonly #map: ShardMap;

  /**
   * @throws UnknownShardError when the map gives a bucket to a shard that is none of `shards`
   * @throws TopologyError when the map leaves a bucket without a shard
   */
  constructor(shards: readonly number[], map: ShardMap) {
    const known = checkStrategyShards(shards);
    for (const owners of assignmentsOf(map)) {
      if (owners.length !== map.bucketCount) {
        throw new TopologyError(
          `shard map version ${map.version} assigns ${owners.length} of ${map.bucketCount} buckets`,
        );
      }
      for (const owner of owners) checkKnownShard(known, owner, `shard map version ${map.version}`);
    }
    if (map.epochs.length === 0) throw new TopologyError(`shard map version ${map.version} has no epoch`);
    this.shards = [...shards];
    this.#map = map;
  }

  shardOf(key: ShardKey): number {
    const map = this.#map;
    const bucket = bucketOf(key, map.bucketCount);
    return typeof key === 'bigint' ? ownerOfNumber(map, bucket, key) : textOwnersOf(map)[bucket]!;
  }
}
