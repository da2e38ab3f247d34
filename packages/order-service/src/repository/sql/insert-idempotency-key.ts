import type { ShardTransaction } from '@ordershard/shard-router';

/** A row of `idempotency_keys`, but for its bucket and generation, which are the transaction's. */
export interface NewIdempotencyKey {
  readonly caller: string;
  readonly key: string;
  /** SHA-256. */
  readonly requestHash: Buffer;
  readonly number: bigint;
  /** JSON text. */
  readonly answer: string;
  /** Text of a DATETIME(3) in UTC. */
  readonly expiresAt: string;
}

/**
 * Inserts an idempotency key. Waits for a transaction that is inserting the same key; when that one commits, fails
 * with the router's DuplicateRowError and leaves a shared lock on its row.
 */
export async function insertIdempotencyKey(
  tx: ShardTransaction,
  keyBucket: number,
  row: NewIdempotencyKey,
): Promise<void> {
  await tx.execute(
    `INSERT INTO idempotency_keys
       (caller, idempotency_key, bucket, key_generation, request_hash, number, answer, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      row.caller,
      row.key,
      keyBucket,
      tx.keyGeneration,
      row.requestHash,
      row.number,
      row.answer,
      row.expiresAt,
    ],
  );
}
