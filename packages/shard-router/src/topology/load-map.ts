import { RouterError, ShardIdentityError, ShardUnavailableError, TopologyError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { readNewestMap } from '../sql/shard-maps.ts';
import { readIdentity } from '../sql/shard-identity.ts';
import { decodeMap, type ShardMap } from './map.ts';

/** Checks that the database behind a session is the shard of the cluster that it was configured as. */
export async function checkIdentity(session: ShardSession, clusterId: string): Promise<void> {
  const identity = await readIdentity(session).catch((error: unknown) => {
    if ((error as { errno?: number }).errno !== 1146) throw error;
  });
  const wrong = (what: string) => new ShardIdentityError(`shard ${session.shard}: ${what}`);
  if (identity === undefined) throw wrong('its database was not initialised as a shard');
  if (identity.cluster_id !== clusterId)
    throw wrong(`its database belongs to cluster ${identity.cluster_id}`);
  if (identity.shard_id !== session.shard) throw wrong(`its database is shard ${identity.shard_id}`);
}

/**
 * Loads the newest map that any reachable shard has. Shards that are down are passed over as long as one answers.
 *
 * @throws ShardIdentityError when a database is not the shard it should be
 * @throws TopologyError when a map is damaged, or two shards have one version with different content
 * @throws ShardUnavailableError when no shard answers
 */
export async function loadMap(
  shards: readonly number[],
  clusterId: string,
  onShard: <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>,
): Promise<ShardMap> {
  const answers = await Promise.allSettled(
    shards.map((shard) =>
      onShard(shard, async (session) => {
        await checkIdentity(session, clusterId);
        const stored = await readNewestMap(session);
        return stored === undefined ? undefined : decodeMap(stored, clusterId);
      }),
    ),
  );
  let newest: ShardMap | undefined;
  let unavailable: RouterError | undefined;
  for (const answer of answers) {
    if (answer.status === 'rejected') {
      const reason: unknown = answer.reason;
      if (!(reason instanceof RouterError && reason.retryable)) throw reason;
      unavailable = reason;
      continue;
    }
    const map = answer.value;
    if (map === undefined) continue;
    if (newest?.version === map.version && newest.hash !== map.hash) {
      throw new TopologyError(`shard map version ${map.version} is not the same on every shard`);
    }
    if (newest === undefined || map.version > newest.version) newest = map;
  }
  if (newest !== undefined) return newest;
  if (unavailable !== undefined)
    throw new ShardUnavailableError(shards[0]!, `no shard answers (${unavailable.message})`, {
      cause: unavailable,
    });
  throw new TopologyError('no shard has a shard map: the cluster was not initialised');
}
