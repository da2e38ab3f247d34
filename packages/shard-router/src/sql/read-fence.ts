import type { BucketFence } from '../fence/fence.ts';
import type { ShardSession } from '../pools/session.ts';

/** What a reader looks at in the fence of a bucket. */
export type FenceRow = Pick<BucketFence, 'state' | 'next_owner'>;

/** The text that reads the fence that covers a number, without a lock: one row by primary key. */
export function fenceText(bucket: number, number: bigint): string {
  return `SELECT state, next_owner FROM bucket_fences FORCE INDEX (PRIMARY)
           WHERE bucket = ${bucket} AND range_from <= ${number} AND range_to > ${number}`;
}

/** Reads the fence that covers a number. */
export async function readFence(
  session: ShardSession,
  bucket: number,
  number: bigint,
): Promise<FenceRow | undefined> {
  const [fence] = await session.query<FenceRow>(fenceText(bucket, number));
  return fence;
}
