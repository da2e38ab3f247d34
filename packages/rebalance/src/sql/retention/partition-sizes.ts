import type { ShardSession } from '@ordershard/shard-router';
import { askForNewestSizes } from '../newest-sizes.ts';

/** A partition with what the server guesses of its size. */
export interface PartitionSizeRow {
  readonly name: string;
  /** Decimal text. */
  readonly estimated_rows: string;
  readonly bytes: string;
}

/** The partitions of a table with their sizes by the data dictionary, which guesses; no lock on the table. */
export async function readPartitionSizes(session: ShardSession, table: string): Promise<PartitionSizeRow[]> {
  await askForNewestSizes(session);
  return session.query<PartitionSizeRow>(
    `SELECT PARTITION_NAME AS name, CAST(TABLE_ROWS AS CHAR) AS estimated_rows,
            CAST(DATA_LENGTH + INDEX_LENGTH AS CHAR) AS bytes
       FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND PARTITION_NAME IS NOT NULL
      ORDER BY PARTITION_ORDINAL_POSITION`,
    [table],
  );
}
