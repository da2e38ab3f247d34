import type { ShardSession } from '@ordershard/shard-router';

/** Which shard a database is. */
export interface IdentityRow {
  readonly cluster_id: string;
  readonly shard_id: number;
  readonly bucket_count: number;
}

/** Reads which shard a database is: its one row, or nothing where it was not initialised. */
export async function readIdentity(session: ShardSession): Promise<IdentityRow | undefined> {
  const [row] = await session.query<IdentityRow>(
    'SELECT cluster_id, shard_id, bucket_count FROM shard_identity WHERE id = 1',
  );
  return row;
}
