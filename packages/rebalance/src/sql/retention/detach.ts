import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from '../identifier.ts';

/** Which of some tables there are, from the data dictionary; no lock. */
export async function existingTables(
  session: ShardSession,
  tables: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${tables.map(() => '?').join(', ')})`,
    tables,
  );
  return new Set(rows.map(({ name }) => name));
}

/** Makes an empty table with the columns and indexes of another. A shared metadata lock on that for a moment. */
export async function createLike(session: ShardSession, table: string, like: string): Promise<void> {
  await session.execute(`CREATE TABLE ${identifier(table)} LIKE ${identifier(like)}`);
}

/** Makes an empty table one without partitions. Locks that table only. */
export async function removePartitioning(session: ShardSession, table: string): Promise<void> {
  await session.execute(`ALTER TABLE ${identifier(table)} REMOVE PARTITIONING`);
}

/** Whether a table has partitions, from the data dictionary; no lock. */
export async function isPartitioned(session: ShardSession, table: string): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS found FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND PARTITION_NAME IS NOT NULL LIMIT 1`,
    [table],
  );
  return rows.length > 0;
}

/**
 * Exchanges a partition for a table, which is empty: its rows are that table's afterwards. An exclusive metadata lock for
 * as long as two files take to be renamed.
 */
export async function exchangePartition(
  session: ShardSession,
  table: string,
  partition: string,
  other: string,
): Promise<void> {
  await session.execute(
    `ALTER TABLE ${identifier(table)} EXCHANGE PARTITION ${identifier(partition)} WITH TABLE ${identifier(other)}`,
  );
}

/** Drops tables that nobody uses any more, in one step. */
export async function dropTables(session: ShardSession, tables: readonly string[]): Promise<void> {
  await session.execute(`DROP TABLE IF EXISTS ${tables.map(identifier).join(', ')}`);
}
