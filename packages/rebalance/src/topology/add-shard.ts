import {
  checkDrift,
  initialiseCluster,
  type KeptBeat,
  migrateShards,
  migrationStatus,
  readBeats,
  ROUTER_MIGRATIONS,
  setBeat,
  type ShardMap,
  shardsOfMap,
} from '@ordershard/shard-router';
import type { LogEntry } from '../audit/log-entry.ts';
import type { OperatorCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { publishProved } from '../ownership/publish.ts';
import { makePartitionsAhead } from '../retention/make-ahead.ts';
import type { ApplicationRegistry } from '../settings.ts';
import { forgetSeals } from '../sql/ownership/seals.ts';
import { serverFacts } from '../sql/topology/shard-facts.ts';
import { restWorkerSlots } from '../sql/topology/worker-slots.ts';
import { clusterMap, withShards } from './cluster-map.ts';
import { readDatabase, refuseForeign } from './database-state.ts';
import { handOver } from './hand-over.ts';
import { clockAhead, MOST_SKEW_MS } from './clocks.ts';
import { refuseEarlierLife } from './earlier-life.ts';

/** The findings on a shard that is to be added. */
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
 * Checks whether a configured shard can be taken into the cluster. Changes nothing.
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

  const { version, readOnly, database } = await cluster.onShard(shard, async (session) => ({
    ...(await serverFacts(session)),
    database: await readDatabase(session),
  }));
  if (readOnly) throw refuse('its server takes no writes');
  refuseForeign(cluster, shard, database);
  const { identity } = database;
  if (identity !== undefined && identity.bucket_count !== map.bucketCount)
    throw refuse(`its database was made for ${identity.bucket_count} buckets, not ${map.bucketCount}`);
  const known = map.shards?.includes(shard) === true;
  await refuseEarlierLife(cluster, shard, map, known);
  await proveOwnership(withShards(cluster, known ? [...others, shard] : others));

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
    known,
    version,
    clockAheadMs: Math.round(aheads[0]!),
  };
}

export interface AddShardOptions {
  /** Who does it, for the leases. */
  readonly by: string;
  /** Is told of each step before it is done, in a few words; what it throws ends the work there. */
  readonly tell: (step: string) => void;
  /** The row of the audit log that is about it. */
  readonly entry?: LogEntry;
}

/** For so long a lease of a worker outlives the shard that has given it, and some more. Milliseconds. */
const WORKER_REST_MS = 15_000;

/**
 * Takes a shard into the cluster: schema, identity, fences that send everyone to the owners, partitions, what the
 * application keeps on every shard, and a shard map that knows it. It owns nothing afterwards. Safe to run again.
 *
 * @throws ShardRefusedError when its schema is another; ShardBusyError while another operation is under way
 * @throws MapConflictError when someone else has changed the map meanwhile
 */
export async function addShard(
  cluster: OperatorCluster,
  application: ApplicationRegistry,
  { shard, map, members, known }: ShardCandidate,
  { by, tell, entry }: AddShardOptions,
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
    // A process that leased a worker slot of this database when it was a shard before may still draw numbers.
    await cluster.onShard(shard, (session) => restWorkerSlots(session, WORKER_REST_MS));
    if (application.seedShard !== undefined) {
      const { seedShard } = application;
      const brought = await cluster.onShard(members[0]!, (from) =>
        cluster.onShard(shard, (to) => seedShard(from, to)),
      );
      tell(brought);
    }
    if (!known) {
      // Other shards may still keep seals and beats of an earlier shard with this id. These would make the new one look
      // restored.
      const kept: KeptBeat[] = [];
      for (const member of members)
        await cluster.onShard(member, async (session) => {
          await forgetSeals(session, shard);
          kept.push(...(await readBeats(session)));
        });
      const earlier = kept.filter((beat) => beat.shard === shard).map(({ incarnation }) => incarnation);
      const incarnation = 1 + Math.max(0, ...earlier);
      await cluster.onShard(shard, (session) => setBeat(session, { shard, incarnation, beat: 1n }));
    }
    if (shard < members[0]!) {
      tell(`handing over to it what decides, from shard ${members[0]!}`);
      await handOver(withShards(cluster, members), shard, entry);
    }
    const { map: published } = await publishProved(
      { ...cluster, shards: [...members, shard] },
      { by, what: `adding shard ${shard}`, also: [shard], changed: true },
      ({ map: newest }) => {
        if (newest.shards?.includes(shard) === true) return newest;
        tell(`publishing version ${newest.version + 1} of the shard map`);
        return { ...newest, shards: [...members, shard].toSorted((a, b) => a - b) };
      },
    );
    return published;
  } finally {
    await leases.release();
  }
}

/** Folders of all migrations, the router's first. */
export function foldersOf({ MIGRATIONS = [] }: ApplicationRegistry): readonly string[] {
  return [ROUTER_MIGRATIONS, ...MIGRATIONS];
}
