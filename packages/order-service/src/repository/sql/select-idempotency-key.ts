import type { Statement } from '@ordershard/shard-router';

export interface IdempotencyKeyRow {
  readonly request_hash: Buffer;
  /** Decimal text. */
  readonly number: string;
  /** JSON text. */
  readonly answer: string;
}

/** Selects a key that has not expired by its database's clock. By primary key, without a lock. */
export function selectIdempotencyKey(caller: string, key: string): Statement<IdempotencyKeyRow> {
  return {
    sql: `SELECT request_hash, number, answer FROM idempotency_keys
           WHERE caller = ? AND idempotency_key = ? AND expires_at > UTC_TIMESTAMP(3)`,
    values: [caller, key],
  };
}
