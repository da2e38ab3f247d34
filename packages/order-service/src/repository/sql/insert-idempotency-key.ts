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
}

/** How long a key answers, by the clock of the database that holds it. */
export const KEY_LIFETIME_MS = 24 * 3_600_000;

/**
 * The INSERT of an idempotency key. The key expires by the clock of its database. Waits for a transaction that is inserting
 * the same key; when that transaction commits, it fails as a duplicate.
 */
export function insertIdempotencyKey(row: NewIdempotencyKey): Statement {
  return {
    sql: `INSERT INTO idempotency_keys
            (caller, idempotency_key, bucket, key_generation, request_hash, number, answer, expires_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3) + INTERVAL ${KEY_LIFETIME_MS / 1_000} SECOND)`,
    values: [row.caller, row.key, row.keyBucket, row.keyGeneration, row.requestHash, row.number, row.answer],
  };
}
