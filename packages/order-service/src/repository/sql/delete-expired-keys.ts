import type { ShardSession } from '@ordershard/shard-router';

/**
 * Deletes at most `limit` keys that have expired by the database's clock, the oldest first, and returns how many. Walks
 * idempotency_keys_by_expiry from its start and locks the rows that it deletes, in a transaction of its own.
 */
export async function deleteExpiredKeys(session: ShardSession, limit: number): Promise<number> {
  const { affectedRows } = await session.execute(
    'DELETE FROM idempotency_keys WHERE expires_at <= UTC_TIMESTAMP(3) ORDER BY expires_at LIMIT ?',
    [limit],
  );
  return affectedRows;
}
