import { DuplicateRowError, MapConflictError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { insertMap } from '../sql/shard-maps.ts';
import { inTransaction } from '../sql/transaction.ts';
import type { ShardMap } from './map.ts';

export interface PublishMapOptions {
  /** Called in the transaction of each shard. Throws when the map must not be stored there. */
  readonly check?: (session: ShardSession) => Promise<void>;
  /**
   * The shard that decides, when it is not the one with the lowest id: that of the version before, which all operators know.
   */
  readonly decides?: number;
}

/**
 * Stores a version of the map on some shards. The shard with the lowest id decides, unless `decides` names another: when two
 * operators publish the same version, the one whose row is there first wins. Shards that are down learn the map from the
 * others. The caller must have proved before that the map is true: see `publishOwners` of the operator's package.
 *
 * @param onShard runs a function with an operator's session of a shard
 * @throws MapConflictError when another map of that version is there; nothing was stored then
 */
export async function publishMap(
  map: ShardMap,
  shards: readonly number[],
  onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>,
  { check = async () => undefined, decides = Math.min(...shards) }: PublishMapOptions = {},
): Promise<void> {
  const store = (session: ShardSession) =>
    inTransaction(session, async () => {
      await check(session);
      await insertMap(session, map);
    });
  await onShard(decides, async (session) => {
    try {
      await store(session);
    } catch (error) {
      if (!(error instanceof DuplicateRowError)) throw error;
      throw new MapConflictError(`version ${map.version} of the shard map was published by someone else`, {
        cause: error,
      });
    }
  });
  await Promise.all(
    shards
      .filter((shard) => shard !== decides)
      .map((shard) =>
        onShard(shard, async (session) => {
          await store(session).catch((error: unknown) => {
            if (!(error instanceof DuplicateRowError)) throw error;
          });
        }),
      ),
  );
}
