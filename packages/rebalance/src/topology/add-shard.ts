import {
  checkDrift,
  initialiseCluster,
  loadMap,
  migrateShards,
  migrationStatus,
  nextMap,
  publishMap,
  ROUTER_MIGRATIONS,
  type ShardMap,
  shardsOfMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { makePartitionsAhead } from '../retention/make-ahead.ts';
import type { ApplicationRegistry } from '../settings.ts';
import { listTables, serverFacts } from '../sql/topology/shard-facts.ts';
import { readIdentity } from '../sql/topology/identity.ts';
import { clusterMap } from './cluster-map.ts';
import { clockAhead, MOST_SKEW_MS } from './clocks.ts';

/** What was found out of a shard that is to be added. */
export interface ShardCandidate {
  readonly shard: number;
  readonly map: ShardMap;
  /** The shards of the cluster by its map. */
  readonly members: readonly number[];
  /** Whether the map knows it already: adding it again only completes what was cut off. */
  readonly known: boolean;
  readonly version: string;
  readonly clockAheadMs: number;
}

/**
 * Looks whether a configured shard can be taken into the cluster. Changes nothing.
 *
 * @throws ShardRefusedError saying what is in the way; ShardUnavailableError when a shard does not answer
 */
export async function checkCandidate(
  cluster: OperatorCluster,
  application: ApplicationRegistry,
  shard: number,
): Promise<ShardCandidate> {
  const refuse = (message: string) => new ShardRefusedError(shard, message);
  if (!cluster.shards.includes(shard)) throw refuse('it is not configured: add it to the shards file first');
  const others = cluster.shards.filter((each) => each !== shard);
  const map = await clusterMap(cluster, others);
  const members = shardsOfMap(map).filter((each) => each !== shard);
  const missing = members.filter((each) => !others.includes(each));
  if (missing.length > 0) throw refuse(`shard ${missing.join(', ')} of the cluster is not configured here`);

  const { version, readOnly, identity, tables } = await cluster.onShard(shard, async (session) => {
    const facts = await serverFacts(session);
    const present = await listTables(session);
    return {
      ...facts,
      tables: present,
      identity: present.includes('shard_identity') ? await readIdentity(session) : undefined,
    };
  });
  if (readOnly) throw refuse('its server takes no writes');
  if (identity !== undefined && identity.cluster_id !== cluster.clusterId)
    throw refuse(`its database belongs to cluster ${identity.cluster_id}, not ${cluster.clusterId}`);
  if (identity !== undefined && identity.shard_id !== shard)
    throw refuse(`its database is shard ${identity.shard_id} of the cluster already`);
  if (identity !== undefined && identity.bucket_count !== map.bucketCount)
    throw refuse(`its database was made for ${identity.bucket_count} buckets, not ${map.bucketCount}`);
  if (identity === undefined && tables.length > 0 && !tables.includes('shard_identity'))
    throw refuse(`its database is not empty: it has the table ${tables[0]}`);

  const behind = (
    await migrationStatus(
      cluster.configs.filter(({ id }) => members.includes(id)),
      foldersOf(application),
    )
  ).find((status) => 'unavailable' in status || status.pending.length > 0);
  if (behind !== undefined) {
    if ('unavailable' in behind) throw behind.unavailable;
    throw refuse(`shard ${behind.shard} lacks the migration ${behind.pending[0]}: migrate the cluster first`);
  }
  const aheads = await Promise.all([shard, ...members].map((each) => clockAhead(cluster, each)));
  const off = Math.max(...aheads.slice(1).map((ahead) => Math.abs(aheads[0]! - ahead)));
  if (off > MOST_SKEW_MS)
    throw refuse(`its clock is ${Math.round(off)} ms off the others': ${MOST_SKEW_MS} ms are allowed`);
  return {
    shard,
    map,
    members,
    known: map.shards?.includes(shard) === true,
    version,
    clockAheadMs: Math.round(aheads[0]!),
  };
}

/**
 * Takes a shard into the cluster: schema, identity, fences that send everyone to the owners, partitions, what the
 * application keeps on every shard, and a shard map that knows it. It owns nothing afterwards. Safe to run again.
 *
 * @param tell is told of each step, in a few words
 * @throws ShardRefusedError when its schema is another; ShardBusyError while another operation is under way
 * @throws MapConflictError when someone else has changed the map meanwhile
 */
export async function addShard(
  cluster: OperatorCluster,
  application: ApplicationRegistry,
  { shard, map, members }: ShardCandidate,
  { by, tell }: { readonly by: string; readonly tell: (step: string) => void },
): Promise<ShardMap> {
  // Fences and map must not change while they are copied.
  const leases = await OperationLeases.acquire((id, fn) => cluster.onShard(id, fn), members, {
    holder: by,
    what: `adding shard ${shard}`,
  });
  try {
    const configs = cluster.configs.filter(({ id }) => id === shard || members.includes(id));
    const config = configs.filter(({ id }) => id === shard);
    tell('migrating its schema');
    await migrateShards(config, foldersOf(application));
    const drift = (await checkDrift(configs)).find((each) => each.shard === shard || each.against === shard);
    if (drift !== undefined) {
      const { object, kind } = drift.objects[0]!;
      throw new ShardRefusedError(
        shard,
        `its schema is not that of shard ${drift.shard === shard ? drift.against : drift.shard}: ${object} is ${kind}`,
      );
    }
    tell('making its partitions');
    await cluster.onShard(shard, (session) => makePartitionsAhead(session, cluster.tables));
    tell('making its fences');
    await initialiseCluster({ clusterId: cluster.clusterId, shards: configs, bucketCount: map.bucketCount });
    if (application.seedShard !== undefined) {
      const { seedShard } = application;
      const brought = await cluster.onShard(members[0]!, (from) =>
        cluster.onShard(shard, (to) => seedShard(from, to)),
      );
      tell(brought);
    }
    const newest = await loadMap(members, cluster.clusterId, (id, fn) => cluster.onShard(id, fn));
    if (newest.shards?.includes(shard) === true) return newest;
    const next = nextMap({ ...newest, shards: [...members, shard].toSorted((a, b) => a - b) }, newest);
    tell(`publishing version ${next.version} of the shard map`);
    await publishMap(next, [...members, shard], (id, fn) => cluster.onShard(id, fn));
    return next;
  } finally {
    await leases.release();
  }
}

/** Folders of all migrations, the router's first. */
export function foldersOf({ MIGRATIONS = [] }: ApplicationRegistry): readonly string[] {
  return [ROUTER_MIGRATIONS, ...MIGRATIONS];
}
