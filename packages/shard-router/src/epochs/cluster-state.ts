import { readClock } from '../sql/read-clock.ts';
import { readNewestMap } from '../sql/shard-maps.ts';
import { checkIdentity } from '../topology/load-map.ts';
import { decodeMap, type ShardMap, shardsOfMap } from '../topology/map.ts';
import type { EpochCluster } from './epoch-cluster.ts';
import { EpochRefusedError } from './errors.ts';

/** How far the clocks of the shards may be apart, milliseconds. */
const MOST_SKEW_MS = 3_000;

/** What all shards of a cluster agree on. */
export interface ClusterState {
  readonly map: ShardMap;
  /** The latest of the shards' clocks, Unix time in milliseconds. */
  readonly nowMs: number;
}

/**
 * Asks every shard for its map and its clock.
 *
 * @throws ShardUnavailableError when a shard does not answer; ShardIdentityError when a database is another shard
 * @throws EpochRefusedError when a shard of the map is not configured, the shards do not have the same map, or their clocks
 *   are too far apart
 */
export async function clusterState(cluster: EpochCluster): Promise<ClusterState> {
  const { clusterId, shards } = cluster;
  const states = await Promise.all(
    shards.map((shard) =>
      cluster.onShard(shard, async (session) => {
        await checkIdentity(session, clusterId);
        const stored = await readNewestMap(session);
        const nowMs = await readClock(session);
        return { shard, nowMs, map: stored === undefined ? undefined : decodeMap(stored, clusterId) };
      }),
    ),
  );
  const clocks = states.map(({ nowMs }) => nowMs);
  const nowMs = Math.max(...clocks);
  const skewMs = nowMs - Math.min(...clocks);
  if (skewMs > MOST_SKEW_MS) throw new EpochRefusedError(`the clocks of the shards are ${skewMs} ms apart`);
  const newest = states.reduce((a, b) => ((b.map?.version ?? 0) > (a.map?.version ?? 0) ? b : a));
  const behind = states.find(({ map }) => map?.hash !== newest.map?.hash);
  if (newest.map === undefined) throw new EpochRefusedError('no shard has a shard map');
  if (behind !== undefined) {
    throw new EpochRefusedError(
      `shard ${behind.shard} has version ${behind.map?.version ?? 0} of the shard map, shard ${newest.shard} version ${newest.map.version}`,
    );
  }
  refuseMissing(cluster, shardsOfMap(newest.map));
  return { map: newest.map, nowMs };
}

/** @throws EpochRefusedError naming the shards that the cluster has and the caller's configuration lacks */
export function refuseMissing({ shards }: Pick<EpochCluster, 'shards'>, members: readonly number[]): void {
  const missing = members.filter((member) => !shards.includes(member));
  if (missing.length > 0)
    throw new EpochRefusedError(
      `shard ${missing.join(', ')} of the cluster is not configured here: an epoch needs every shard`,
    );
}
