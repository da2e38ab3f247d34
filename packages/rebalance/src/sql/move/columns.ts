import type { ShardSession } from '@ordershard/shard-router';

/** A column as the data dictionary has it. */
export interface ColumnRow {
  readonly table_name: string;
  readonly column_name: string;
  readonly data_type: string;
  /** Null for what is no text. */
  readonly collation: string | null;
  /** Whether the database computes it. */
  readonly computed: number | string;
  /** Its place in the primary key, from 1; null outside. */
  readonly key_place: number | string | null;
}

/** The columns of all tables of a shard, in their order. From the data dictionary. */
export async function readColumns(session: ShardSession): Promise<readonly ColumnRow[]> {
  return session.query<ColumnRow>(
    `SELECT c.TABLE_NAME AS table_name, c.COLUMN_NAME AS column_name, c.DATA_TYPE AS data_type,
            c.COLLATION_NAME AS collation,
            COALESCE(c.GENERATION_EXPRESSION, '') <> '' AS computed,
            s.SEQ_IN_INDEX AS key_place
       FROM information_schema.COLUMNS c
       JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
       LEFT JOIN information_schema.STATISTICS s
         ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME AND s.COLUMN_NAME = c.COLUMN_NAME
        AND s.INDEX_NAME = 'PRIMARY'
      WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE'
      ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`,
  );
}

/** An index that begins with the column `bucket`. */
export interface BucketIndex {
  readonly table_name: string;
  readonly index_name: string;
  /** Its second column. */
  readonly second: string | null;
}

/** The indexes of all tables that begin with `bucket`. From the data dictionary. */
export async function readBucketIndexes(session: ShardSession): Promise<readonly BucketIndex[]> {
  return session.query<BucketIndex>(
    `SELECT s.TABLE_NAME AS table_name, s.INDEX_NAME AS index_name, n.COLUMN_NAME AS second
       FROM information_schema.STATISTICS s
       LEFT JOIN information_schema.STATISTICS n
         ON n.TABLE_SCHEMA = s.TABLE_SCHEMA AND n.TABLE_NAME = s.TABLE_NAME AND n.INDEX_NAME = s.INDEX_NAME AND n.SEQ_IN_INDEX = 2
      WHERE s.TABLE_SCHEMA = DATABASE() AND s.SEQ_IN_INDEX = 1 AND s.COLUMN_NAME = 'bucket'`,
  );
}
