import type { ShardSession } from '@ordershard/shard-router';

/**
 * Deletes at most `limit` keys that have expired by `now`, DATETIME(3) text in UTC, the oldest first, and gives how
 * many. Walks idempotency_keys_by_expiry from its start and locks the rows that it deletes, in a transaction of its
 * own.
 */
export async function deleteExpiredKeys(session: ShardSession, now: string, limit: number): Promise<number> {
  const { affectedRows } = await session.execute(
    'DELETE FROM idempotency_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
    [now, limit],
  );
  return affectedRows;
}
