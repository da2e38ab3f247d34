import { InvalidKeyError, KeyElsewhereError } from '../errors.ts';
import type { TargetBuckets } from '../fence/admit.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { lowestNumberAt } from '../ids/snowflake.ts';
import { bucketOf, keyText, type ShardKey } from '../routing/bucket.ts';
import { ownerOfKey, ownerOfNumber, type ShardMap, withOwnerOfKey, withOwnerOfNumber } from './map.ts';

/** The shard that a map gives a key: a bigint by its number's epoch, a text by the owners of keys at this moment. */
export function shardOfKey(map: ShardMap, key: ShardKey): number {
  const bucket = bucketOf(key, map.bucketCount);
  if (typeof key === 'bigint') return ownerOfNumber(map, bucket, key);
  if (map.epochs.length === 1) return map.keyOwners[bucket]!;
  return ownerOfKey(map, bucket, lowestNumberAt(Date.now()));
}

/**
 * The shard that a map gives a target.
 *
 * @throws KeyElsewhereError when number and key live apart
 * @throws InvalidKeyError when there is neither
 */
export function shardOfTarget(map: ShardMap, { number, key }: WriteTarget): number {
  if (number === undefined) {
    if (key === undefined) throw new InvalidKeyError('a write needs a number or a key');
    return shardOfKey(map, keyText(key));
  }
  const ofNumber = shardOfKey(map, number);
  if (key === undefined) return ofNumber;
  const ofKey = ownerOfKey(map, bucketOf(keyText(key), map.bucketCount), number);
  if (ofKey === ofNumber) return ofNumber;
  throw new KeyElsewhereError(`number ${number} lives on shard ${ofNumber}, its key on shard ${ofKey}`);
}

/** A map with what a fence has said of a target: on which shards its number and its key live. */
export function withOwnersOf(
  map: ShardMap,
  { number, key }: WriteTarget,
  owners: { readonly number?: number | undefined; readonly key?: number | undefined },
): ShardMap {
  let learned = map;
  if (number !== undefined && owners.number !== undefined)
    learned = withOwnerOfNumber(learned, bucketOf(number, map.bucketCount), number, owners.number);
  if (key !== undefined && owners.key !== undefined) {
    const at = number ?? lowestNumberAt(Date.now());
    learned = withOwnerOfKey(learned, bucketOf(keyText(key), map.bucketCount), at, owners.key);
  }
  return learned;
}

/** The buckets of a target. */
export function bucketsOfTarget({ number, key }: WriteTarget, bucketCount: number): TargetBuckets {
  return {
    bucket: number === undefined ? undefined : bucketOf(number, bucketCount),
    keyBucket: key === undefined ? undefined : bucketOf(key, bucketCount),
  };
}
