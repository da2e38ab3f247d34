import { checkedTarget } from '../entry/check-target.ts';
import { bucketOf } from '../routing/bucket.ts';
import { hashedOf, type RowKey, targetOfRows } from '../routing/key-target.ts';
import { fenceText, quickFenceText, quickTextFenceText, textFenceText } from '../sql/read-fence.ts';
import { rangeStartOf, type ShardMap } from '../topology/map.ts';
import type { WriteTarget } from './write-target.ts';

/** Rows that are to be read. */
export interface FencedRows {
  readonly target: WriteTarget;
  readonly bucket: number;
  /** The text that reads the fence of the bucket. */
  readonly fence: string;
  /** The text of a subquery that costs the server less, and is NULL where a closer look is needed. */
  readonly quickFence: string;
}

/** Returns what a fenced read of rows of a number or a text key needs. Throws InvalidKeyError for anything else. */
export function rowsOf(of: RowKey, map: ShardMap): FencedRows {
  const target = checkedTarget(targetOfRows(of));
  const bucket = bucketOf(hashedOf(target), map.bucketCount);
  const { number } = target;
  if (number === undefined) {
    return { target, bucket, fence: textFenceText(bucket), quickFence: quickTextFenceText(bucket) };
  }
  const quickFence = quickFenceText(bucket, number, rangeStartOf(map, number));
  return { target, bucket, fence: fenceText(bucket, number), quickFence };
}
