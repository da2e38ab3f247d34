import { InvalidKeyError, KeyElsewhereError } from '../errors.ts';
import type { TargetBuckets } from '../fence/admit.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { lowestNumberAt } from '../ids/snowflake.ts';
import { bucketOf, keyText } from '../routing/bucket.ts';
import { checkTextKey } from '../routing/text-key.ts';
import {
  keyGenerationAt,
  ownerOfKey,
  ownerOfNumber,
  type ShardMap,
  textOwnersOf,
  withOwnerOfKey,
  withOwnerOfNumber,
  withOwnerOfText,
} from './map.ts';

/**
 * Returns the owner of a target by the map: of a number in its epoch, of a text by the owners of texts, of a key alone by the
 * owners of keys at this moment.
 *
 * @throws KeyElsewhereError when number and key live on different shards
 * @throws InvalidKeyError when the target is empty, or has something beside a text
 */
export function shardOfTarget(map: ShardMap, { number, key, text }: WriteTarget): number {
  if (text !== undefined) {
    if (number !== undefined || key !== undefined)
      throw new InvalidKeyError('a text key stands alone: without a number, and without a key beside it');
    return textOwnersOf(map)[bucketOf(checkTextKey(text), map.bucketCount)]!;
  }
  if (number === undefined) {
    if (key === undefined) throw new InvalidKeyError('a write needs a number, a key or a text');
    const bucket = bucketOf(keyText(key), map.bucketCount);
    if (map.epochs.length === 1) return map.keyOwners[bucket]!;
    return ownerOfKey(map, bucket, lowestNumberAt(Date.now()));
  }
  const ofNumber = ownerOfNumber(map, bucketOf(number, map.bucketCount), number);
  if (key === undefined) return ofNumber;
  const ofKey = ownerOfKey(map, bucketOf(keyText(key), map.bucketCount), number);
  if (ofKey === ofNumber) return ofNumber;
  throw new KeyElsewhereError(`number ${number} lives on shard ${ofNumber}, its key on shard ${ofKey}`);
}

/** The owners that a fence has named for a target: the shards where its number and its key, or its text, live. */
export interface SaidOwners {
  readonly number?: number | undefined;
  readonly key?: number | undefined;
  readonly text?: number | undefined;
}

/** Returns a map with the owners that a fence has named for a target. */
export function withOwnersOf(
  map: ShardMap,
  { number, key, text }: WriteTarget,
  owners: SaidOwners,
): ShardMap {
  let learned = map;
  if (text !== undefined && owners.text !== undefined)
    learned = withOwnerOfText(learned, bucketOf(text, map.bucketCount), owners.text);
  if (number !== undefined && owners.number !== undefined)
    learned = withOwnerOfNumber(learned, bucketOf(number, map.bucketCount), number, owners.number);
  if (key !== undefined && owners.key !== undefined) {
    const at = number ?? lowestNumberAt(Date.now());
    learned = withOwnerOfKey(learned, bucketOf(keyText(key), map.bucketCount), at, owners.key);
  }
  return learned;
}

/** Returns the key generation of a target by the map: that of its number, or that of this moment when it has no number. */
export function keyGenerationOf(map: ShardMap, { number }: WriteTarget): number {
  return keyGenerationAt(map, number ?? lowestNumberAt(Date.now()));
}

/** The buckets of a target. */
export function bucketsOfTarget({ number, key, text }: WriteTarget, bucketCount: number): TargetBuckets {
  const owned = number ?? text;
  return {
    bucket: owned === undefined ? undefined : bucketOf(owned, bucketCount),
    keyBucket: key === undefined ? undefined : bucketOf(key, bucketCount),
  };
}
