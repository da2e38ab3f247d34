import type { ShardSession } from '../pools/session.ts';

export interface ShardIdentity {
  readonly cluster_id: string;
  readonly shard_id: number;
  readonly bucket_count: number;
}

/** Reads which shard a database is: its one row, or nothing where the cluster was not initialised. */
export async function readIdentity(session: ShardSession): Promise<ShardIdentity | undefined> {
  const [identity] = await session.query<ShardIdentity>(
    'SELECT cluster_id, shard_id, bucket_count FROM shard_identity WHERE id = 1',
  );
  return identity;
}

/** Writes which shard a database is, unless it says so already. One row by primary key. */
export async function insertIdentity(session: ShardSession, identity: ShardIdentity): Promise<void> {
  await session.execute(
    `INSERT INTO shard_identity (id, cluster_id, shard_id, bucket_count, created_at)
     VALUES (1, ?, ?, ?, UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE id = id`,
    [identity.cluster_id, identity.shard_id, identity.bucket_count],
  );
}
