import type { Statement } from '@ordershard/shard-router';

/** The DELETE of one key if it has expired by `now`, DATETIME(3) text in UTC. Locks its row, by primary key. */
export function deleteExpiredKey(caller: string, key: string, now: string): Statement {
  return {
    sql: 'DELETE FROM idempotency_keys WHERE caller = ? AND idempotency_key = ? AND expires_at <= ?',
    values: [caller, key, now],
  };
}
