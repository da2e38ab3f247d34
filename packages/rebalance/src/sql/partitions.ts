import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from './identifier.ts';

/** A partition as the server lists it; the bound is a number or a quoted date. */
export interface Partition {
  readonly name: string;
  readonly bound: string;
}

/** The partitions of a table, lowest first, from the data dictionary; no lock on the table. */
export async function listPartitions(session: ShardSession, table: string): Promise<Partition[]> {
  return session.query<Partition>(
    `SELECT PARTITION_NAME AS name, PARTITION_DESCRIPTION AS bound
       FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND PARTITION_NAME IS NOT NULL
      ORDER BY PARTITION_ORDINAL_POSITION`,
    [table],
  );
}

/** Bounds how long DDL of this session may wait for readers of a table, and so hold up its writers. */
export async function limitLockWait(session: ShardSession): Promise<void> {
  await session.execute('SET SESSION lock_wait_timeout = 1');
}

/** Adds partitions above the highest one. An exclusive metadata lock for a moment; no row is touched. */
export async function addPartitions(
  session: ShardSession,
  table: string,
  partitions: readonly Partition[],
): Promise<void> {
  const list = partitions.map(
    ({ name, bound }) => `PARTITION ${identifier(name)} VALUES LESS THAN (${bound})`,
  );
  await session.execute(`ALTER TABLE ${identifier(table)} ADD PARTITION (${list.join(', ')})`);
}

/** Whether a partition holds no row. Reads one row of it at the most. */
export async function isPartitionEmpty(
  session: ShardSession,
  table: string,
  partition: string,
): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 FROM ${identifier(table)} PARTITION (${identifier(partition)}) LIMIT 1`,
  );
  return rows.length === 0;
}

/** Cuts a partition from the lower end of the one that covers it. An exclusive metadata lock; the rows of both are written anew. */
export async function splitPartition(
  session: ShardSession,
  table: string,
  { name, bound }: Partition,
  cover: Partition,
): Promise<void> {
  await session.execute(
    `ALTER TABLE ${identifier(table)} REORGANIZE PARTITION ${identifier(cover.name)} INTO (
       PARTITION ${identifier(name)} VALUES LESS THAN (${bound}),
       PARTITION ${identifier(cover.name)} VALUES LESS THAN (${cover.bound}))`,
  );
}

/** Drops a partition with its rows. An exclusive metadata lock for as long as it takes to drop a file. */
export async function dropPartition(session: ShardSession, table: string, partition: string): Promise<void> {
  await session.execute(`ALTER TABLE ${identifier(table)} DROP PARTITION ${identifier(partition)}`);
}
