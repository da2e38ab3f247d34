import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { ShardConfig, ShardRouter, Statement } from '@ordershard/shard-router';

const TABLE_SQL = `CREATE TABLE hot_rows (
  number  BIGINT            NOT NULL PRIMARY KEY,
  bucket  SMALLINT UNSIGNED NOT NULL,
  n       INT               NOT NULL
) ENGINE = InnoDB`;

/** Makes the table that is written to. */
export async function makeTable({ writer }: ShardConfig): Promise<void> {
  const connection = await createConnection(writer);
  try {
    await connection.query(TABLE_SQL);
  } finally {
    await connection.end();
  }
}

/** Counts what was written: the sum of all rows. */
export async function written({ writer }: ShardConfig): Promise<number> {
  const connection = await createConnection(writer);
  try {
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT SUM(n) AS n FROM hot_rows');
    return Number(row!['n']);
  } finally {
    await connection.end();
  }
}

function insert(number: bigint, bucket: number): Statement {
  return { sql: 'INSERT INTO hot_rows (number, bucket, n) VALUES (?, ?, 1)', values: [number, bucket] };
}

function update(number: bigint): Statement {
  return { sql: 'UPDATE hot_rows SET n = n + 1 WHERE number = ?', values: [number] };
}

/** Inserts a row by a merged write. Its `n` is 1. */
export async function insertRow(router: ShardRouter, number: bigint): Promise<void> {
  await router.write({ number, fresh: true }, ({ bucket }) => ({ statements: [insert(number, bucket)] }));
}

/** Adds 1 to a row by a merged write. */
export async function updateRow(router: ShardRouter, number: bigint): Promise<void> {
  await router.write({ number }, () => ({ statements: [update(number)] }));
}
