import type { OrderSnapshot } from '@ordershard/order-events';
import { lowestNumberAt, type ShardRouter, type Statement, type UnitScope } from '@ordershard/shard-router';
import { KeyReusedError } from './errors.ts';
import { deleteExpiredKey } from './sql/delete-expired-key.ts';
import { deleteExpiredKeys } from './sql/delete-expired-keys.ts';
import { insertIdempotencyKey, KEY_LIFETIME_MS } from './sql/insert-idempotency-key.ts';
import { type IdempotencyKeyRow, selectIdempotencyKey } from './sql/select-idempotency-key.ts';

export { KEY_LIFETIME_MS };

/** A request that its caller may send again under the same key. */
export interface KeyedRequest {
  /** Whose key it is. */
  readonly caller: string;
  readonly key: string;
  /** The text that the key is routed by: caller and key. */
  readonly keyText: string;
  /** SHA-256 of the request. */
  readonly hash: Buffer;
}

/** How many expired keys one statement deletes: a few milliseconds of locks. */
const EXPIRY_BATCH = 500;

/**
 * Returns the statement that takes a key for an order, and stores the answer to repeat: the JSON of the order's snapshot. If
 * several run at once, one takes the key; the others wait until it has committed, and fail as duplicates.
 */
export function takenKey(
  { keyBucket, keyGeneration }: UnitScope,
  { caller, key, hash }: KeyedRequest,
  number: bigint,
  answer: string,
): Statement {
  if (keyBucket === undefined) throw new TypeError('the unit is written without the key');
  return insertIdempotencyKey({
    caller,
    key,
    keyBucket,
    keyGeneration,
    requestHash: hash,
    number,
    answer,
  });
}

/** Returns the query for the row of a key, with its stored answer. */
export function answerOf({ caller, key }: KeyedRequest): Statement<IdempotencyKeyRow> {
  return selectIdempotencyKey(caller, key);
}

/** Returns the answer in a key's row. Throws {@link KeyReusedError} when the key was taken for another request. */
export function storedAnswer({ hash }: KeyedRequest, row: IdempotencyKeyRow): OrderSnapshot {
  if (!row.request_hash.equals(hash)) throw new KeyReusedError();
  return JSON.parse(row.answer) as OrderSnapshot;
}

/**
 * Returns the answer stored with a key; undefined when the key is free. Reads in a transaction, so that it passes the fence
 * of the key's bucket. Throws {@link KeyReusedError} when the key was taken for another request.
 */
export async function findAnswer(
  router: Pick<ShardRouter, 'transaction' | 'readEarlier'>,
  request: KeyedRequest,
  now: Date,
): Promise<OrderSnapshot | undefined> {
  const { keyText } = request;
  const query = answerOf(request);
  const { sql, values } = query;
  const [here] = await router.transaction({ key: keyText }, (tx) => tx.query<IdempotencyKeyRow>(sql, values));
  const number = lowestNumberAt(now.getTime());
  const row = here ?? (await router.readEarlier(keyText, { number, lifetimeMs: KEY_LIFETIME_MS }, query));
  return row === undefined ? undefined : storedAnswer(request, row);
}

/** Deletes a key if it has expired by its database's clock, so that it can be taken again. */
export async function forgetExpired(
  router: Pick<ShardRouter, 'transaction'>,
  request: KeyedRequest,
): Promise<void> {
  const { sql, values } = deleteExpiredKey(request.caller, request.key);
  await router.transaction({ key: request.keyText }, (tx) => tx.execute(sql, values));
}

/**
 * Deletes a shard's keys that have expired by the shard's clock, in small batches, until none is left or `signal` aborts.
 * Returns how many it deleted. Passes no fence: an expired key answers no request, wherever it lives.
 */
export async function expireKeys(
  router: Pick<ShardRouter, 'onShard'>,
  shard: number,
  signal?: AbortSignal,
): Promise<number> {
  for (let total = 0; ;) {
    const deleted = await router.onShard(shard, (session) => deleteExpiredKeys(session, EXPIRY_BATCH));
    total += deleted;
    if (deleted < EXPIRY_BATCH || signal?.aborted === true) return total;
  }
}
