import type { ShardSession } from '../pools/session.ts';
import { encodeMapBody, type ShardMap, type StoredMap } from '../topology/map.ts';

/** Reads the newest map of a shard, by primary key backwards. */
export async function readNewestMap(session: ShardSession): Promise<StoredMap | undefined> {
  const [map] = await session.query<StoredMap>(
    'SELECT version, parent_hash, hash, body FROM shard_maps ORDER BY version DESC LIMIT 1',
  );
  return map;
}

/** Stores a version of the map. A DuplicateRowError says that the version is taken. */
export async function insertMap(session: ShardSession, map: ShardMap): Promise<void> {
  await session.execute(
    'INSERT INTO shard_maps (version, parent_hash, hash, body, created_at) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))',
    [map.version, map.parentHash, map.hash, encodeMapBody(map)],
  );
}
