import { DuplicateRowError, MapConflictError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { insertMap } from '../sql/shard-maps.ts';
import type { ShardMap } from './map.ts';

/**
 * Stores a version of the map on every shard. The shard with the lowest id decides: of two operators that publish the
 * same version, the one whose row is there first wins. All shards must be up, or the rest learn it from those that are.
 *
 * @param onShard runs a function with an operator's session of a shard
 * @throws MapConflictError when another map of that version is there; nothing was stored then
 */
export async function publishMap(
  map: ShardMap,
  shards: readonly number[],
  onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>,
): Promise<void> {
  const [arbiter, ...others] = [...shards].toSorted((a, b) => a - b);
  await onShard(arbiter!, async (session) => {
    try {
      await insertMap(session, map);
    } catch (error) {
      if (!(error instanceof DuplicateRowError)) throw error;
      throw new MapConflictError(`version ${map.version} of the shard map was published by someone else`, {
        cause: error,
      });
    }
  });
  await Promise.all(
    others.map((shard) =>
      onShard(shard, async (session) => {
        await insertMap(session, map).catch((error: unknown) => {
          if (!(error instanceof DuplicateRowError)) throw error;
        });
      }),
    ),
  );
}
