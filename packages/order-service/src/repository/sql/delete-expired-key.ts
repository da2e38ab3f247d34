import type { ShardTransaction } from '@ordershard/shard-router';

/** Deletes one key if it has expired by `now`, DATETIME(3) text in UTC. Locks its row, by primary key. */
export async function deleteExpiredKey(
  tx: ShardTransaction,
  caller: string,
  key: string,
  now: string,
): Promise<void> {
  await tx.execute(
    'DELETE FROM idempotency_keys WHERE caller = ? AND idempotency_key = ? AND expires_at <= ?',
    [caller, key, now],
  );
}
