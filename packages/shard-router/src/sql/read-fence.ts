import type { BucketFence } from '../fence/fence.ts';
import type { ShardSession } from '../pools/session.ts';

/** Reads the fence that covers a number, without a lock: one row by primary key. */
export async function readFence(
  session: ShardSession,
  bucket: number,
  number: bigint,
): Promise<BucketFence | undefined> {
  const [fence] = await session.query<BucketFence>(
    `SELECT state, generation, next_owner, writable_from, readable_from,
            CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
       FROM bucket_fences FORCE INDEX (PRIMARY)
      WHERE bucket = ? AND range_from <= ? AND range_to > ?`,
    [bucket, number, number],
  );
  return fence;
}
