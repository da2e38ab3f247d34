import type { PoolConnection, RowDataPacket } from 'mysql2';
import type { BucketFence, KeyFence } from '../fence/fence.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented, type ObservedPool } from '../observe/telemetry.ts';

/** Sends a statement on a connection of the driver's callback kind. */
function send<T>(
  connection: PoolConnection,
  sql: string,
  timeout: number,
  pool: ObservedPool | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = observeStatement(pool, sql, (error, result: unknown) =>
      error === null ? resolve(result as T) : reject(error as Error),
    );
    connection.query({ sql: commented(pool, sql), timeout }, settle);
  });
}

/**
 * Begins a read-write transaction and reads the fences that it is to pass, in one round trip. Shared locks on one row of
 * bucket_fences and the rows of one bucket in key_fences, both by primary key; locked rows are skipped.
 */
export async function openScope(
  connection: PoolConnection,
  timeout: number,
  number: bigint | undefined,
  { bucket, keyBucket }: { readonly bucket: number | undefined; readonly keyBucket: number | undefined },
  pool?: ObservedPool,
): Promise<{ fence: BucketFence | undefined; keyFences: readonly KeyFence[] }> {
  const sql = `CALL ordershard_open(${number ?? 'NULL'}, ${bucket ?? 'NULL'}, ${keyBucket ?? 'NULL'})`;
  const sets = await send<RowDataPacket[][]>(connection, sql, timeout, pool);
  const fences = number === undefined ? [] : (sets[0] as unknown as BucketFence[]);
  const keyFences =
    keyBucket === undefined ? [] : (sets[number === undefined ? 0 : 1] as unknown as KeyFence[]);
  return { fence: fences[0], keyFences };
}

/** Commits the transaction and closes its scope. Locks: none new. */
export async function commitScope(
  connection: PoolConnection,
  timeout: number,
  pool?: ObservedPool,
): Promise<void> {
  await send(connection, 'CALL ordershard_commit()', timeout, pool);
}

/** Ends a transaction that failed; what it wrote is gone when this has answered. */
export async function rollbackScope(
  connection: PoolConnection,
  timeout: number,
  pool?: ObservedPool,
): Promise<void> {
  await send(connection, 'ROLLBACK', timeout, pool);
}
