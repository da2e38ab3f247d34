import type { Statement } from '@ordershard/shard-router';

/** The DELETE of one key if it has expired by its database's clock. Locks its row, by primary key. */
export function deleteExpiredKey(caller: string, key: string): Statement {
  return {
    sql: 'DELETE FROM idempotency_keys WHERE caller = ? AND idempotency_key = ? AND expires_at <= UTC_TIMESTAMP(3)',
    values: [caller, key],
  };
}
