import type { Statement } from '@ordershard/shard-router';

/** A row of `idempotency_keys`. */
export interface NewIdempotencyKey {
  readonly caller: string;
  readonly key: string;
  readonly keyBucket: number;
  readonly keyGeneration: number;
  /** SHA-256. */
  readonly requestHash: Buffer;
  readonly number: bigint;
  /** JSON text. */
  readonly answer: string;
  /** Text of a DATETIME(3) in UTC. */
  readonly expiresAt: string;
}

/**
 * The INSERT of an idempotency key. Waits for a transaction that is inserting the same key; when that one commits, it
 * fails as a duplicate.
 */
export function insertIdempotencyKey(row: NewIdempotencyKey): Statement {
  return {
    sql: `INSERT INTO idempotency_keys
            (caller, idempotency_key, bucket, key_generation, request_hash, number, answer, expires_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      row.caller,
      row.key,
      row.keyBucket,
      row.keyGeneration,
      row.requestHash,
      row.number,
      row.answer,
      row.expiresAt,
    ],
  };
}
