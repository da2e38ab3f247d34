import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { BucketFence, KeyFence } from '../fence/fence.ts';

/**
 * Begins a read-write transaction and reads the fences that it is to pass, in one round trip. Shared locks on one row of
 * bucket_fences and the rows of one bucket in key_fences, both by primary key; locked rows are skipped.
 */
export async function openScope(
  connection: PoolConnection,
  timeout: number,
  number: bigint,
  bucket: number,
  keyBucket: number | undefined,
): Promise<{ fence: BucketFence | undefined; keyFences: readonly KeyFence[] }> {
  const sql = `CALL ordershard_open(${number}, ${bucket}, ${keyBucket ?? 'NULL'})`;
  const [sets] = await connection.query<RowDataPacket[][]>({ sql, timeout });
  const fences = sets[0] as unknown as BucketFence[];
  return { fence: fences[0], keyFences: keyBucket === undefined ? [] : (sets[1] as unknown as KeyFence[]) };
}

/** Commits the transaction and closes its scope. Locks: none new. */
export async function commitScope(connection: PoolConnection, timeout: number): Promise<void> {
  await connection.query({ sql: 'CALL ordershard_commit()', timeout });
}

/** Ends a transaction that failed; what it wrote is gone when this has answered. */
export async function rollbackScope(connection: PoolConnection, timeout: number): Promise<void> {
  await connection.query({ sql: 'ROLLBACK', timeout });
}
