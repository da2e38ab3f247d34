import { RouterError, ShardIdentityError, TopologyError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { type AccessOption, withShardSessions } from '../pools/with-shard-sessions.ts';
import { DEFAULT_BUCKETS } from '../routing/bucket.ts';
import { insertBucketFences, insertKeyFences } from '../sql/fences.ts';
import { insertIdentity, readIdentity } from '../sql/shard-identity.ts';
import { insertMap, readNewestMap } from '../sql/shard-maps.ts';
import { insertWorkerSlots } from '../sql/worker-leases.ts';
import { checkShards, type ShardConfig, WORKER_SLOTS } from '../topology/config.ts';
import { decodeMap, epochRanges, initialMap, type ShardMap } from '../topology/map.ts';

export interface InitialiseOptions extends AccessOption {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /** A power of two; it can never change. Default 1,024. */
  readonly bucketCount?: number;
}

/**
 * Makes migrated databases the shards of a cluster: writes each one's identity, the fences that give every bucket to one
 * shard, the worker slots and the first shard map. Safe to run again; a cluster that has a map keeps its assignment.
 *
 * @throws ShardIdentityError when a database is already another shard, or another cluster's
 */
export async function initialiseCluster(options: InitialiseOptions): Promise<ShardMap> {
  const { clusterId, bucketCount = DEFAULT_BUCKETS } = options;
  if (
    !Number.isInteger(bucketCount) ||
    bucketCount < 1 ||
    bucketCount > 32_768 ||
    (bucketCount & (bucketCount - 1)) !== 0
  ) {
    throw new TopologyError(`${bucketCount} buckets are not a power of two up to 32,768`);
  }
  const ids = checkShards(options.shards).map((shard) => shard.id);
  const maps = await withShardSessions(
    options.shards,
    (session) => readState(session, clusterId, bucketCount),
    options,
  );
  const known = maps.filter((map) => map !== undefined).toSorted((a, b) => b.version - a.version)[0];
  const map = known ?? initialMap(clusterId, bucketCount, ids);
  await withShardSessions(options.shards, (session) => writeState(session, map), options);
  return map;
}

/** The newest map of a shard, if it has one, after a check that nothing about it contradicts the options. */
async function readState(
  session: ShardSession,
  clusterId: string,
  bucketCount: number,
): Promise<ShardMap | undefined> {
  const identity = await readIdentity(session);
  if (identity !== undefined) {
    const { cluster_id: cluster, shard_id: shard, bucket_count: buckets } = identity;
    if (cluster !== clusterId || shard !== session.shard || buckets !== bucketCount) {
      throw new ShardIdentityError(
        `shard ${session.shard} of ${clusterId} (${bucketCount} buckets): its database is shard ${shard} of ${cluster} (${buckets} buckets)`,
      );
    }
  }
  const stored = await readNewestMap(session);
  return stored === undefined ? undefined : decodeMap(stored, clusterId);
}

async function writeState(session: ShardSession, map: ShardMap): Promise<void> {
  await insertIdentity(session, {
    cluster_id: map.clusterId,
    shard_id: session.shard,
    bucket_count: map.bucketCount,
  });
  await insertWorkerSlots(session, WORKER_SLOTS);
  for (const { from, to, owners, keyOwners, keyGeneration } of epochRanges(map)) {
    await insertBucketFences(session, { from, to, owners });
    await insertKeyFences(session, { from, to, owners: keyOwners }, keyGeneration);
  }
  await insertMap(session, map).catch((error: unknown) => {
    if (!(error instanceof RouterError && error.code === 'ROUTER_DUPLICATE_ROW')) throw error;
  });
}
