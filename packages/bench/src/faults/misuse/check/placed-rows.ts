import type { RowDataPacket } from 'mysql2/promise';
import type { Checked } from './check.ts';

/** A row of a number, and where it lies. */
export type Placed<Row> = Row & { readonly shard: number; readonly number: string; readonly bucket: number };

/**
 * Returns all rows of a table of numbers, from all shards. Adds a finding for a row on another shard than the one that owns
 * its number, and for a row that carries another bucket than its own.
 */
export async function placedRows<Row>(
  { connections, owners, findings }: Checked,
  table: string,
  columns: string,
): Promise<readonly Placed<Row>[]> {
  const all: Placed<Row>[] = [];
  for (const [shard, connection] of connections.entries()) {
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT number, bucket, ${columns} FROM ${table}`);
    for (const row of rows as unknown as Placed<Row>[]) {
      const subject = `${table} ${row.number}`;
      const owner = owners.numbers.ofNumber(row.number);
      if (owner !== shard) findings.add('mismatched', subject, `on shard ${shard}, owned by ${owner}`);
      if (row.bucket !== owners.bucketOf(row.number))
        findings.add('mismatched', subject, `carries bucket ${row.bucket}`);
      all.push({ ...row, shard });
    }
  }
  return all;
}
