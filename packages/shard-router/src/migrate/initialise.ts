import { RouterError, ShardIdentityError, TopologyError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { type AccessOption, withShardSessions } from '../pools/with-shard-sessions.ts';
import { DEFAULT_BUCKETS } from '../routing/bucket.ts';
import { insertBucketFences, insertKeyFences, insertTextFences } from '../sql/fences.ts';
import { insertIdentity, readIdentity } from '../sql/shard-identity.ts';
import { insertMap, readNewestMap } from '../sql/shard-maps.ts';
import { insertWorkerSlots } from '../sql/worker-leases.ts';
import { WORKER_SLOTS } from '../ids/snowflake.ts';
import { checkShards, type ShardConfig } from '../topology/config.ts';
import { decodeMap, epochRanges, initialMap, type ShardMap, textOwnersOf } from '../topology/map.ts';

export interface InitialiseOptions extends AccessOption {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /** A power of two; it can never change. Default: what the databases were made for, 1,024 where they are new. */
  readonly bucketCount?: number;
}

/**
 * Makes migrated databases the shards of a cluster: writes each one's identity, the fences that give every bucket to one
 * shard, the worker slots and the first shard map. Safe to run again; a cluster that has a map keeps its assignment.
 *
 * @throws ShardIdentityError when a database is already another shard, or another cluster's
 */
export async function initialiseCluster(options: InitialiseOptions): Promise<ShardMap> {
  const { clusterId, bucketCount } = options;
  if (bucketCount !== undefined) checkBucketCount(bucketCount);
  const ids = checkShards(options.shards).map((shard) => shard.id);
  const states = await withShardSessions(
    options.shards,
    (session) => readState(session, clusterId, bucketCount),
    options,
  );
  const known = states.flatMap(({ map }) => map ?? []).toSorted((a, b) => b.version - a.version)[0];
  // If an earlier run was cut off before its first map was stored, this one goes on with the same number of buckets.
  const begun = states.find(({ buckets }) => buckets !== undefined)?.buckets;
  const map = known ?? initialMap(clusterId, bucketCount ?? begun ?? DEFAULT_BUCKETS, ids);
  await withShardSessions(options.shards, (session) => writeState(session, map), options);
  return map;
}

/** @throws TopologyError */
export function checkBucketCount(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 32_768 || (count & (count - 1)) !== 0)
    throw new TopologyError(`${count} buckets are not a power of two up to 32,768`);
}

/** Reads a shard's newest map and its number of buckets, and checks that nothing contradicts the options. */
async function readState(
  session: ShardSession,
  clusterId: string,
  bucketCount: number | undefined,
): Promise<{ readonly map?: ShardMap; readonly buckets?: number }> {
  const identity = await readIdentity(session);
  if (identity !== undefined) {
    const { cluster_id: cluster, shard_id: shard, bucket_count: buckets } = identity;
    if (cluster !== clusterId || shard !== session.shard || buckets !== (bucketCount ?? buckets)) {
      throw new ShardIdentityError(
        `shard ${session.shard} of ${clusterId}${bucketCount === undefined ? '' : ` (${bucketCount} buckets)`}: its database is shard ${shard} of ${cluster} (${buckets} buckets)`,
      );
    }
  }
  const stored = await readNewestMap(session);
  return {
    ...(stored === undefined ? {} : { map: decodeMap(stored, clusterId) }),
    ...(identity === undefined ? {} : { buckets: identity.bucket_count }),
  };
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
  await insertTextFences(session, textOwnersOf(map));
  await insertMap(session, map).catch((error: unknown) => {
    if (!(error instanceof RouterError && error.code === 'ROUTER_DUPLICATE_ROW')) throw error;
  });
}
