import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from '../identifier.ts';
import { askForNewestSizes } from '../newest-sizes.ts';

/** How large a table is by the server's statistics: rows about, bytes of data and indexes. */
export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Sizes of tables from the data dictionary, as fresh as InnoDB keeps them; no lock. */
export async function tableSizes(session: ShardSession, tables: readonly string[]): Promise<TableSize[]> {
  if (tables.length === 0) return [];
  await askForNewestSizes(session);
  const rows = await session.query<{ name: string; row_count: string; bytes: string }>(
    `SELECT TABLE_NAME AS name, CAST(COALESCE(TABLE_ROWS, 0) AS CHAR) AS row_count,
            CAST(COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0) AS CHAR) AS bytes
       FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${tables.map(() => '?').join(', ')})`,
    tables,
  );
  return rows.map(({ name, row_count, bytes }) => ({
    table: name,
    rows: Number(row_count),
    bytes: Number(bytes),
  }));
}

/** Bytes of a shard's whole database, from the data dictionary. */
export async function databaseBytes(session: ShardSession): Promise<bigint> {
  await askForNewestSizes(session);
  const [row] = await session.query<{ bytes: string }>(
    `SELECT CAST(COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) AS CHAR) AS bytes
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  );
  return BigInt(row!.bytes);
}

/**
 * Counts the rows of each bucket. By the index that begins with the bucket where there is one, which is read whole; no
 * lock.
 */
export async function rowsByBucket(
  session: ShardSession,
  table: string,
): Promise<readonly { bucket: number; rows: number }[]> {
  const rows = await session.query<{ bucket: number; row_count: string }>(
    `SELECT bucket, CAST(COUNT(*) AS CHAR) AS row_count FROM ${identifier(table)} GROUP BY bucket`,
  );
  return rows.map(({ bucket, row_count }) => ({ bucket, rows: Number(row_count) }));
}
