import type { PoolConnection, ResultSetHeader } from 'mysql2';
import type { TargetBuckets } from '../fence/admit.ts';
import { sendWithin, type SentIn } from '../pools/send-within.ts';

/** What the fences are asked to let pass. */
export interface ScopeRequest extends TargetBuckets {
  readonly number: bigint | undefined;
  /** The generation of keys that the caller goes by. */
  readonly keyGeneration: number;
  /** Where the range of the number begins by the map, decimal text. */
  readonly rangeFrom: string;
  /** The database's time, milliseconds, at which a fresh number is of now; undefined for one that need not be. */
  readonly window: { readonly from: number; readonly to: number } | undefined;
}

/** Sends a statement on a connection of the driver's callback kind. */
function send<T = ResultSetHeader>(
  connection: PoolConnection,
  sql: string,
  timeoutMs: number,
  pool: SentIn | undefined,
): Promise<T> {
  // With a list of values, the driver does not look for named places in a text that is new each time.
  return sendWithin(connection, pool, { sql, values: [] }, timeoutMs) as Promise<T>;
}

/**
 * Begins a read-write transaction if the fences let it pass, in one round trip. Otherwise the server has rolled it back and
 * answers with an error that `refusalOf` reads. Shared locks on one row of bucket_fences and of key_fences, by primary key;
 * locked rows are skipped.
 */
export function openScope(
  connection: PoolConnection,
  timeout: number,
  { number, bucket, keyBucket, keyGeneration, rangeFrom, window }: ScopeRequest,
  pool?: SentIn,
): Promise<ResultSetHeader> {
  const time = window === undefined ? 'NULL, NULL' : `${window.from}, ${window.to}`;
  const sql =
    keyBucket === undefined
      ? `CALL ordershard_open_number(${number}, ${bucket}, ${rangeFrom}, ${time})`
      : `CALL ordershard_open(${number ?? 'NULL'}, ${bucket ?? 'NULL'}, ${keyBucket}, ${keyGeneration}, ${time})`;
  return send(connection, sql, timeout, pool);
}

/**
 * Begins a read-write transaction for the rows of a text key, as {@link openScope} does. A shared lock on one row of
 * text_fences, by primary key; a locked row is skipped.
 */
export function openTextScope(
  connection: PoolConnection,
  timeout: number,
  text: string,
  bucket: number,
  pool?: SentIn,
): Promise<ResultSetHeader> {
  const sql = `CALL ordershard_open_text(x'${Buffer.from(text).toString('hex')}', ${bucket})`;
  return send(connection, sql, timeout, pool);
}

/** Commits the transaction and closes its scope. Locks: none new. */
export function commitScope(
  connection: PoolConnection,
  timeout: number,
  pool?: SentIn,
): Promise<ResultSetHeader> {
  return send(connection, 'CALL ordershard_commit()', timeout, pool);
}

/** Does nothing but be answered. */
export function pingScope(
  connection: PoolConnection,
  timeout: number,
  pool?: SentIn,
): Promise<ResultSetHeader> {
  return send(connection, 'DO 0', timeout, pool);
}

/** Rolls back a transaction that failed. What it wrote is gone when the server has answered. */
export function rollbackScope(
  connection: PoolConnection,
  timeout: number,
  pool?: SentIn,
): Promise<ResultSetHeader> {
  return send(connection, 'CALL ordershard_rollback()', timeout, pool);
}
