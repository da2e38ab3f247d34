import type { ShardSession } from '@ordershard/shard-router';

/**
 * Raises the lower end of every fence of a shard: numbers below can then neither be written nor read. Exclusive locks on
 * all fence rows for one statement; it waits for the writes that are under way.
 */
export async function raiseFences(session: ShardSession, lowest: bigint): Promise<void> {
  await session.execute(
    `UPDATE bucket_fences
        SET writable_from = GREATEST(writable_from, ?), readable_from = GREATEST(readable_from, ?)
      ORDER BY bucket, range_from`,
    [lowest, lowest],
  );
}
