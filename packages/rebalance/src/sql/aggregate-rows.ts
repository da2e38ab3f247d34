import type { ShardSession } from '@ordershard/shard-router';
import type { ColumnRow } from './columns.ts';
import { identifier } from './identifier.ts';

/** A row as a session gives it. */
export type SessionRow = Readonly<Record<string, unknown>>;

/** Which rows of a table: those of a partition, or all. */
export function rowsOf(table: string, partition?: string): string {
  return partition === undefined
    ? identifier(table)
    : `${identifier(table)} PARTITION (${identifier(partition)})`;
}

const list = (columns: readonly string[]) => columns.map(identifier).join(', ');

/** A column to be read. */
export type ReadColumn = Pick<ColumnRow, 'name' | 'type'>;

/** The column of every table by number. */
export const NUMBER: ReadColumn = { name: 'number', type: 'bigint' };

/** FLOATs as the doubles that they are: as text the server tells six digits of them, which make another number. */
const readList = (columns: readonly ReadColumn[]) =>
  columns
    .map(({ name, type }) =>
      type === 'float' ? `CAST(${identifier(name)} AS DOUBLE) AS ${identifier(name)}` : identifier(name),
    )
    .join(', ');

/** Reads at most `limit` rows with numbers above `after`, by number: a range of the primary key, without a lock. */
export async function readRowsAfter(
  session: ShardSession,
  from: string,
  columns: readonly ReadColumn[],
  after: bigint,
  limit: number,
): Promise<SessionRow[]> {
  return session.query<SessionRow>(
    `SELECT ${readList(columns)} FROM ${from} WHERE number > ? ORDER BY number LIMIT ?`,
    [after, limit],
  );
}

/** Reads the rows of numbers above `after` up to `upTo`: a range of the primary key, without a lock. */
export async function readRowsBetween(
  session: ShardSession,
  from: string,
  columns: readonly ReadColumn[],
  key: readonly string[],
  after: bigint,
  upTo: bigint,
): Promise<SessionRow[]> {
  return session.query<SessionRow>(
    `SELECT ${readList(columns)} FROM ${from} WHERE number > ? AND number <= ? ORDER BY ${list(key)}`,
    [after, upTo],
  );
}

/** Reads the rows of some numbers, by primary key, without a lock. */
export async function readRowsOf(
  session: ShardSession,
  from: string,
  columns: readonly ReadColumn[],
  key: readonly string[],
  numbers: readonly bigint[],
): Promise<SessionRow[]> {
  return session.query<SessionRow>(
    `SELECT ${readList(columns)} FROM ${from} WHERE number IN (${numbers.map(() => '?').join(', ')})
      ORDER BY ${list(key)}`,
    numbers,
  );
}

/** Inserts a row as {@link readRowsOf} gives it. Locks the new row only. */
export async function insertRow(
  session: ShardSession,
  table: string,
  columns: readonly string[],
  row: SessionRow,
): Promise<void> {
  await session.execute(
    `INSERT INTO ${identifier(table)} (${list(columns)}) VALUES (${columns.map(() => '?').join(', ')})`,
    columns.map((column) => row[column] as string | number | Buffer | null),
  );
}

/** Copies the rows of some numbers into another table. Locks the new rows; READ COMMITTED locks none that are read. */
export async function copyRows(
  session: ShardSession,
  from: string,
  into: string,
  columns: readonly string[],
  numbers: readonly bigint[],
): Promise<number> {
  const { affectedRows } = await session.execute(
    `INSERT INTO ${identifier(into)} (${list(columns)}) SELECT ${list(columns)} FROM ${identifier(from)}
      WHERE number IN (${numbers.map(() => '?').join(', ')})`,
    numbers,
  );
  return affectedRows;
}

/** Deletes the rows of some numbers, a few, by primary key. Locks them. */
export async function deleteRows(
  session: ShardSession,
  table: string,
  numbers: readonly bigint[],
): Promise<number> {
  const { affectedRows } = await session.execute(
    `DELETE FROM ${identifier(table)} WHERE number IN (${numbers.map(() => '?').join(', ')})`,
    numbers,
  );
  return affectedRows;
}
