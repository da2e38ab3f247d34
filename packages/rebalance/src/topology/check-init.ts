import { checkBucketCount, DEFAULT_BUCKETS, type ShardMap, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { clusterMap } from './cluster-map.ts';
import { readDatabase, refuseForeign } from './database-state.ts';
import { countRegistered } from './registered-rows.ts';

/** What was found of the databases that are to be a cluster. */
export interface InitCheck {
  /** The map of the cluster, where it is there already. */
  readonly map: ShardMap | undefined;
  readonly buckets: number;
  /** Databases that are configured and no members of the cluster that is there. */
  readonly strangers: readonly number[];
}

/**
 * Looks whether the configured databases can be made a cluster, or made it again. Changes nothing.
 *
 * @param buckets how many there are to be, if that is said
 * @throws ShardRefusedError when a database is somebody else's, another cluster's or another shard's, or was made for
 *   another number of buckets; TopologyError when that can be no number of buckets
 */
export async function checkInit(cluster: OperatorCluster, buckets?: number): Promise<InitCheck> {
  if (buckets !== undefined) checkBucketCount(buckets);
  const states = await Promise.all(
    cluster.shards.map(async (shard) => ({ shard, ...(await cluster.onShard(shard, readDatabase)) })),
  );
  const made = states.filter(({ identity }) => identity?.cluster_id === cluster.clusterId);
  // An initialisation that was cut off before its first map has none.
  const mapped = made.filter(({ mapVersion }) => mapVersion > 0).map(({ shard }) => shard);
  const map = mapped.length === 0 ? undefined : await clusterMap(cluster, mapped);
  const members = map === undefined ? cluster.shards : shardsOfMap(map);
  const strangers = cluster.shards.filter((shard) => !members.includes(shard));
  for (const state of states)
    if (!strangers.includes(state.shard)) refuseForeign(cluster, state.shard, state);
  if (map !== undefined) {
    const lost = members.find((shard) =>
      states.some((state) => state.shard === shard && !made.includes(state)),
    );
    if (lost !== undefined) await refuseInUse(cluster, map, mapped, lost);
  }
  const begun = made[0]?.identity?.bucket_count;
  const count = buckets ?? map?.bucketCount ?? begun ?? DEFAULT_BUCKETS;
  const other = made.find(({ identity }) => identity!.bucket_count !== count);
  if (other !== undefined)
    throw new ShardRefusedError(
      other.shard,
      `its database was made for ${other.identity!.bucket_count} buckets, not ${count}: that can never change`,
    );
  return { map, buckets: count, strangers };
}

/** Refuses an empty database in the place of a shard of a cluster in use: it is another's, or the shard's data was lost. */
async function refuseInUse(
  cluster: OperatorCluster,
  { version }: ShardMap,
  mapped: readonly number[],
  lost: number,
): Promise<void> {
  const refused = new ShardRefusedError(
    lost,
    'it is one of the cluster, which is in use, and its database was not initialised: is that the right one?',
  );
  if (version > 1) throw refused;
  for (const shard of mapped) {
    const rows = await cluster.onShard(shard, (session) => countRegistered(session, cluster.tables, 1));
    if (rows.length > 0) throw refused;
  }
}
