import type { ShardSession } from '@ordershard/shard-router';

/** A column as the data dictionary has it. */
export interface ColumnRow {
  readonly name: string;
  /** Such as `bigint` or `datetime`. */
  readonly type: string;
  readonly unsigned: boolean;
  /** Digits of a second's fraction; 0 for other types. */
  readonly fraction: number;
  /** Its place in the primary key, from 1; 0 outside. */
  readonly key: number;
}

/** Reads the columns of a table, in their order, from the data dictionary; no lock on the table. */
export async function readColumns(session: ShardSession, table: string): Promise<ColumnRow[]> {
  const rows = await session.query<{
    name: string;
    type: string;
    full_type: string;
    fraction: string | null;
    key_place: string | null;
  }>(
    `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.COLUMN_TYPE AS full_type, c.DATETIME_PRECISION AS fraction,
            k.SEQ_IN_INDEX AS key_place
       FROM information_schema.COLUMNS c
       LEFT JOIN information_schema.STATISTICS k
         ON k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME
            AND k.INDEX_NAME = 'PRIMARY'
      WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = ?
      ORDER BY c.ORDINAL_POSITION`,
    [table],
  );
  return rows.map((row) => ({
    name: row.name,
    type: row.type.toLowerCase(),
    unsigned: /\bunsigned\b/i.test(row.full_type),
    fraction: Number(row.fraction ?? 0),
    key: Number(row.key_place ?? 0),
  }));
}
