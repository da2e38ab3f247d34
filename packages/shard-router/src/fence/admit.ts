import { BucketElsewhereError, FenceError, NumberNotWritableError } from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import { type BucketFence, FRESH_NUMBER_WINDOW, judge, type KeyFence, type Verdict } from './fence.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import type { ObservedPool } from '../observe/telemetry.ts';
import type { WriteTarget } from './write-target.ts';

/** The buckets of a {@link WriteTarget}. */
export interface TargetBuckets {
  readonly bucket: number | undefined;
  readonly keyBucket: number | undefined;
}

/**
 * Lets a write to a target pass the fences that were read for it.
 *
 * @param fence undefined when it is locked
 * @param keyFences of the key's bucket, by generation
 * @throws BucketElsewhereError when a bucket lives on another shard
 * @throws FenceError when a fence is shut or locked for the moment
 * @throws NumberNotWritableError when the number is too old, or not of now though it should be fresh
 */
export function admit(
  target: WriteTarget,
  { bucket, keyBucket }: TargetBuckets,
  fence: BucketFence | undefined,
  keyFences: readonly KeyFence[],
): void {
  const verdicts = [
    ...(bucket === undefined ? [] : [judge(fence, `bucket ${bucket}`)]),
    ...(keyBucket === undefined ? [] : [judge(keyFences.at(-1), `key bucket ${keyBucket}`)]),
  ];
  for (const verdict of verdicts) insist(verdict);
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
 * Lets a read of a bucket pass its fence.
 *
 * @throws BucketElsewhereError, FenceError
 */
export function admitRead(
  fence: Pick<BucketFence, 'state' | 'next_owner'> | undefined,
  bucket: number,
  pool: ObservedPool,
): void {
  try {
    insist(judge(fence, `bucket ${bucket}`));
  } catch (error) {
    throw observeRejection(pool, error);
  }
}

function insist(verdict: Verdict): void {
  if (verdict.kind === 'elsewhere') throw new BucketElsewhereError(verdict.owner);
  if (verdict.kind === 'wait') throw new FenceError(verdict.why);
}
