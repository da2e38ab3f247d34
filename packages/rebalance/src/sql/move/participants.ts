import type { ShardSession } from '@ordershard/shard-router';
import type { MoveKind } from '../../move/move-plan.ts';
import { askForNewestSizes } from '../newest-sizes.ts';
import { TABLE } from './fences.ts';

/** Whether the server takes writes. */
export async function readWritable(session: ShardSession): Promise<boolean> {
  const [row] = await session.query<{ closed: number | string }>(
    'SELECT @@global.read_only OR @@global.innodb_read_only AS closed',
  );
  return Number(row!.closed) === 0;
}

/** How many bytes the tables of a shard take, and how many rows they have, as the server estimates it. */
export async function readSizes(
  session: ShardSession,
  tables: readonly string[],
): Promise<{ readonly bytes: bigint; readonly rows: bigint; readonly allBytes: bigint }> {
  await askForNewestSizes(session);
  const rows = await session.query<{ name: string; bytes: string; row_count: string }>(
    `SELECT TABLE_NAME AS name, CAST(COALESCE(DATA_LENGTH + INDEX_LENGTH, 0) AS CHAR) AS bytes,
            CAST(COALESCE(TABLE_ROWS, 0) AS CHAR) AS row_count
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
  );
  const moving = rows.filter(({ name }) => tables.includes(name));
  const sum = (list: readonly string[]) => list.reduce((total, each) => total + BigInt(each), 0n);
  return {
    bytes: sum(moving.map(({ bytes }) => bytes)),
    rows: sum(moving.map(({ row_count: count }) => count)),
    allBytes: sum(rows.map(({ bytes }) => bytes)),
  };
}

/** How many buckets a shard owns. A scan of its small table of fences. */
export async function countOwnedBuckets(session: ShardSession, kind: MoveKind): Promise<bigint> {
  const [row] = await session.query<{ n: string }>(
    `SELECT CAST(COUNT(DISTINCT bucket) AS CHAR) AS n FROM ${TABLE[kind].name}
      WHERE state IN ('owned', 'capturing', 'frozen')`,
  );
  return BigInt(row!.n);
}
