import type { ShardSession } from '@ordershard/shard-router';

export interface IdempotencyKeyRow {
  readonly request_hash: Buffer;
  /** JSON text. */
  readonly answer: string;
}

/** Reads a key that has not expired by `now`, DATETIME(3) text in UTC. By primary key, without a lock. */
export async function selectIdempotencyKey(
  session: ShardSession,
  caller: string,
  key: string,
  now: string,
): Promise<IdempotencyKeyRow | undefined> {
  const [row] = await session.query<IdempotencyKeyRow>(
    `SELECT request_hash, answer FROM idempotency_keys
      WHERE caller = ? AND idempotency_key = ? AND expires_at > ?`,
    [caller, key, now],
  );
  return row;
}
