import { DuplicateRowError, type ShardRouter, type ShardTransaction } from '@ordershard/shard-router';
import type { OrderSnapshot } from '@ordershard/order-events';
import { KeyReusedError } from './errors.ts';
import { toDatetime } from './order-row.ts';
import { deleteExpiredKeys } from './sql/delete-expired-keys.ts';
import { deleteExpiredKey } from './sql/delete-expired-key.ts';
import { insertIdempotencyKey } from './sql/insert-idempotency-key.ts';
import { selectIdempotencyKey } from './sql/select-idempotency-key.ts';

/** A request that its caller may send again under the same key. */
export interface KeyedRequest {
  /** Whose key it is. */
  readonly caller: string;
  readonly key: string;
  /** What the key is routed by: caller and key. */
  readonly keyText: string;
  /** SHA-256 of what is asked for. */
  readonly hash: Buffer;
}

/** How long an answer is kept for those who ask again. */
export const KEY_LIFETIME_MS = 24 * 3_600_000;

/** How many expired keys one statement deletes: a few milliseconds of locks. */
const EXPIRY_BATCH = 500;

/**
 * Takes a key for an order together with the answer to give again; `answer` is the JSON of the order's snapshot. When
 * the key was taken before, nothing is written and the stored answer comes back. Of several at once, one takes the key
 * and the others wait until it has committed. Throws {@link KeyReusedError} when the key was taken for another request.
 */
export async function takeKey(
  tx: ShardTransaction,
  request: KeyedRequest,
  answer: string,
  now: Date,
): Promise<OrderSnapshot | undefined> {
  if (tx.keyBucket === undefined) throw new TypeError('the transaction was opened without the key');
  const { caller, key } = request;
  const row = {
    caller,
    key,
    requestHash: request.hash,
    number: tx.number,
    answer,
    expiresAt: toDatetime(new Date(now.getTime() + KEY_LIFETIME_MS).toISOString()),
  };
  for (let tries = 1; ; tries += 1) {
    try {
      await insertIdempotencyKey(tx, tx.keyBucket, row);
      return undefined;
    } catch (error) {
      if (!(error instanceof DuplicateRowError)) throw error;
      const stored = await findAnswer(tx, request, now);
      if (stored !== undefined) return stored;
      if (tries === 2) throw error;
      // Only now: a DELETE to find out would make those that wait for the same key deadlock on their shared locks.
      await deleteExpiredKey(tx, caller, key, toDatetime(now.toISOString()));
    }
  }
}

/**
 * The answer that a key was taken with; undefined when the key is free. Throws {@link KeyReusedError} when it was taken
 * for another request.
 */
export async function findAnswer(
  tx: ShardTransaction,
  { caller, key, hash }: KeyedRequest,
  now: Date,
): Promise<OrderSnapshot | undefined> {
  const row = await selectIdempotencyKey(tx, caller, key, toDatetime(now.toISOString()));
  if (row === undefined) return undefined;
  if (!row.request_hash.equals(hash)) throw new KeyReusedError();
  return JSON.parse(row.answer) as OrderSnapshot;
}

/**
 * Deletes a shard's keys that have expired, in small batches, until none is left or `signal` aborts. Gives how many.
 * Not fenced: a key that has expired answers nobody, wherever it lives.
 */
export async function expireKeys(
  router: Pick<ShardRouter, 'onShard'>,
  shard: number,
  now: Date,
  signal?: AbortSignal,
): Promise<number> {
  for (let total = 0; ;) {
    const deleted = await router.onShard(shard, (session) =>
      deleteExpiredKeys(session, toDatetime(now.toISOString()), EXPIRY_BATCH),
    );
    total += deleted;
    if (deleted < EXPIRY_BATCH || signal?.aborted === true) return total;
  }
}
