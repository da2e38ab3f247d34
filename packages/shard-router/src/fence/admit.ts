import { BucketElsewhereError, FenceError, KeyElsewhereError, NumberNotWritableError } from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import {
  FRESH_NUMBER_WINDOW,
  judge,
  type JudgedFence,
  type JudgedKeyFence,
  keyFenceOf,
  type Verdict,
} from './fence.ts';
import type { WriteTarget } from './write-target.ts';

/** The buckets of a {@link WriteTarget}. */
export interface TargetBuckets {
  readonly bucket: number | undefined;
  readonly keyBucket: number | undefined;
}

/**
 * Checks that a write to a target may pass the fences that were read for it.
 *
 * @param fence undefined when it is locked
 * @param keyFences the fences of the key's bucket, one for each generation
 * @throws KeyElsewhereError when the number and the key live on different shards, or the key belongs to another generation
 *   than the one it was looked for in
 * @throws BucketElsewhereError when a bucket lives on another shard
 * @throws FenceError when a fence is shut or locked for the moment
 * @throws NumberNotWritableError when the number is too old, or should be fresh and its time is too far from now
 */
export function admit(
  target: WriteTarget,
  { bucket, keyBucket }: TargetBuckets,
  fence: JudgedFence | undefined,
  keyFences: readonly JudgedKeyFence[],
): void {
  const ofNumber = bucket === undefined ? undefined : judge(fence, `bucket ${bucket}`);
  const keyFence = keyFenceOf(keyFences, target.number);
  const ofKey = keyBucket === undefined ? undefined : judge(keyFence, `key bucket ${keyBucket}`);
  if (ofNumber !== undefined && ofKey !== undefined) {
    if (keyFence?.state === 'sealed') {
      throw new KeyElsewhereError(
        `number ${target.number} is of an epoch that its key is not written in any more`,
      );
    }
    if (
      keyFence !== undefined &&
      keyFence.key_generation !== (target.keyGeneration ?? keyFence.key_generation)
    ) {
      throw new KeyElsewhereError(
        `number ${target.number} goes with generation ${keyFence.key_generation} of keys: its key was looked for up to ${target.keyGeneration}`,
      );
    }
    insistTogether(ofNumber, ofKey, target.number!);
  } else insist((ofNumber ?? ofKey)!);
  if (target.number === undefined) return;
  if (target.number < BigInt(fence!.writable_from)) {
    throw new NumberNotWritableError(`number ${target.number} lies before what may still be written`);
  }
  if (target.fresh !== true) return;
  const ahead = decodeNumber(target.number).timeMs - Number(fence!.now_ms);
  if (ahead > FRESH_NUMBER_WINDOW.aheadMs || ahead < -FRESH_NUMBER_WINDOW.behindMs) {
    throw new NumberNotWritableError(`number ${target.number} is ${ahead} ms off the database's clock`);
  }
}

/**
 * Returns when both fences let the write pass. Throws when one is shut, or when they name different shards; when both name
 * the same other shard, throws an error with that shard.
 */
function insistTogether(ofNumber: Verdict, ofKey: Verdict, number: bigint): void {
  for (const verdict of [ofNumber, ofKey]) if (verdict.kind === 'wait') insist(verdict);
  const [there, keyThere] = [ofNumber, ofKey].map((verdict) =>
    verdict.kind === 'elsewhere' ? verdict.owner : undefined,
  );
  if (there !== keyThere)
    throw new KeyElsewhereError(`number ${number} and its key live on different shards`, {
      number: there,
      key: keyThere,
    });
  insist(ofNumber);
}

/** Throws BucketElsewhereError or FenceError for a verdict that does not let the work pass. */
export function insist(verdict: Verdict): void {
  if (verdict.kind === 'elsewhere') throw new BucketElsewhereError(verdict.owner);
  if (verdict.kind === 'wait') throw new FenceError(verdict.why);
}
