import type { ShardSession } from '@ordershard/shard-router';

/** The version of the newest map on a shard, by primary key backwards; 0 for none. */
export async function newestMapVersion(session: ShardSession): Promise<number> {
  const [row] = await session.query<{ version: number }>(
    'SELECT version FROM shard_maps ORDER BY version DESC LIMIT 1',
  );
  return row?.version ?? 0;
}
