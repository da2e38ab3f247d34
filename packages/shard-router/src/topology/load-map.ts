import { RouterError, ShardIdentityError, ShardUnavailableError, TopologyError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { readNewestMap } from '../sql/shard-maps.ts';
import { readIdentity } from '../sql/shard-identity.ts';
import { decodeMap, type ShardMap, shardsOfMap } from './map.ts';

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
 * Loads the newest map that any reachable shard has. As long as one shard answers, it ignores shards that are down. It also
 * ignores databases that the map does not list, whatever is wrong with them: they are configured but not added yet. If no
 * other shard's map lists a database, that database's own map is from an earlier life, for example in a cluster that was made
 * anew since.
 *
 * @throws ShardIdentityError when a database of the cluster is not the shard it should be
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
  const maps = new Map<number, ShardMap>();
  let unavailable: RouterError | undefined;
  const refusals = new Map<number, unknown>();
  for (const [at, answer] of answers.entries()) {
    if (answer.status === 'rejected') {
      const reason: unknown = answer.reason;
      if (reason instanceof RouterError && reason.retryable) unavailable = reason;
      else refusals.set(shards[at]!, reason);
      continue;
    }
    if (answer.value !== undefined) maps.set(shards[at]!, answer.value);
  }
  const newest = newestOf(maps);
  const members = newest === undefined ? shards : shardsOfMap(newest);
  for (const [shard, reason] of refusals) if (members.includes(shard)) throw reason;
  if (newest !== undefined) return newest;
  if (unavailable !== undefined)
    throw new ShardUnavailableError(shards[0]!, `no shard answers (${unavailable.message})`, {
      cause: unavailable,
    });
  throw new TopologyError('no shard has a shard map: the cluster was not initialised');
}

/**
 * Returns the newest map among the shards that another shard's map lists, or among all when none is listed.
 *
 * @throws TopologyError when two maps contradict each other
 */
function newestOf(maps: ReadonlyMap<number, ShardMap>): ShardMap | undefined {
  const isListed = (shard: number) =>
    [...maps].some(([other, map]) => other !== shard && shardsOfMap(map).includes(shard));
  const listed = [...maps].filter(([shard]) => isListed(shard)).map(([, map]) => map);
  let newest: ShardMap | undefined;
  for (const map of listed.length > 0 ? listed : maps.values()) {
    if (newest?.version === map.version && newest.hash !== map.hash)
      throw new TopologyError(`shard map version ${map.version} is not the same on every shard`);
    if (newest === undefined || map.version > newest.version) newest = map;
  }
  return newest;
}
