import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface FenceRow {
  readonly bucket: number;
  /** The numbers of the bucket that the shard owns: from, inclusive, to, exclusive. */
  readonly from: bigint;
  readonly to: bigint;
}

/** The ranges of numbers that a shard owns. Reads the whole table (a row a bucket and epoch) without locks. */
export async function selectOwnedFences(connection: Connection): Promise<FenceRow[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT bucket, range_from, range_to FROM bucket_fences WHERE state = 'owned'`,
  );
  return rows.map((row) => ({
    bucket: Number(row['bucket']),
    from: BigInt(row['range_from'] as string),
    to: BigInt(row['range_to'] as string),
  }));
}

/** How many buckets the cluster has. */
export async function selectBucketCount(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT bucket_count FROM shard_identity');
  return Number(rows[0]?.['bucket_count']);
}
