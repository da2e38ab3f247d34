import { type ShardMap, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { OwnershipError } from '../ownership/errors.ts';
import type { FaultGroup } from '../ownership/fault-groups.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { clusterMap } from './cluster-map.ts';
import { ownedKeyBuckets, ownedNumberBuckets, ownedTextBuckets } from '../sql/plan/fence-owners.ts';
import { readLease } from '../sql/leases.ts';
import { newestMapVersion } from '../sql/topology/map-version.ts';
import { fenceStates, serverFacts } from '../sql/topology/shard-facts.ts';

/** A shard as the operator sees it. */
export interface ShardView {
  readonly shard: number;
  /** Host, port and database of its writer. */
  readonly server: string;
  readonly state: 'up' | 'read only' | 'down' | 'not in the map' | 'not configured';
  readonly version?: string;
  readonly weight?: number;
  /** In how many buckets it owns numbers (of any epoch), keys, and texts. */
  readonly numbers?: number;
  readonly keys?: number;
  readonly texts?: number;
  /** Cells of fences that a move has under way. */
  readonly moving?: number;
  readonly map?: number;
  /** Who operates on it, and what. */
  readonly heldBy?: string;
  readonly problem?: string;
}

/** Whether everything has one owner. */
export interface OwnershipView {
  /** Buckets whose numbers, keys and texts have one owner each. */
  readonly once: number;
  readonly of: number;
  readonly faults: readonly FaultGroup[];
  /** Why it cannot be said. */
  readonly unproved?: string;
}

/** A cluster as the operator sees it. */
export interface TopologyView {
  readonly map: ShardMap;
  readonly shards: readonly ShardView[];
  readonly ownership: OwnershipView;
}

/**
 * Returns the newest map, whether everything has one owner, and all shards, also those that are down. Throws when no shard
 * answers.
 */
export async function showTopology(cluster: OperatorCluster): Promise<TopologyView> {
  const map = await clusterMap(cluster);
  const members = shardsOfMap(map);
  const ownership = await showOwnership(
    { ...cluster, shards: cluster.shards.filter((shard) => members.includes(shard)) },
    map,
  );
  const shards = await Promise.all(
    [...new Set([...members, ...cluster.shards])]
      .toSorted((a, b) => a - b)
      .map((shard) => showShard(cluster, shard, members.includes(shard))),
  );
  return { map, shards, ownership };
}

async function showOwnership(
  cluster: OperatorCluster,
  { bucketCount: of }: ShardMap,
): Promise<OwnershipView> {
  try {
    await proveOwnership(cluster);
    return { once: of, of, faults: [] };
  } catch (error) {
    if (error instanceof OwnershipError) {
      const { faults } = error;
      return { once: of - new Set(faults.flatMap(({ buckets }) => buckets)).size, of, faults };
    }
    const { code, message } = error as Error & { readonly code?: unknown };
    if (typeof code !== 'string') throw error;
    return { once: 0, of, faults: [], unproved: message };
  }
}

async function showShard(cluster: OperatorCluster, shard: number, member: boolean): Promise<ShardView> {
  const config = cluster.configs.find(({ id }) => id === shard);
  if (config === undefined) return { shard, server: '', state: 'not configured' };
  const { hostname, port, pathname } = new URL(config.writer);
  const base = { shard, server: `${hostname}:${port || '3306'}${pathname}`, weight: config.weight ?? 1 };
  try {
    return await cluster.onShard(shard, async (session) => {
      const { version, readOnly } = await serverFacts(session);
      if (!member) return { ...base, state: 'not in the map' as const, version };
      const states = await fenceStates(session);
      const moving = states.filter(({ state }) => ['capturing', 'frozen', 'importing'].includes(state));
      const lease = await readLease(session);
      return {
        ...base,
        state: readOnly ? ('read only' as const) : ('up' as const),
        version,
        numbers: (await ownedNumberBuckets(session)).length,
        keys: (await ownedKeyBuckets(session)).length,
        texts: (await ownedTextBuckets(session)).length,
        moving: moving.reduce((sum, { cells }) => sum + cells, 0),
        map: await newestMapVersion(session),
        ...(Number(lease.held) === 1 ? { heldBy: `${lease.holder}: ${lease.what}` } : {}),
      };
    });
  } catch (error) {
    return { ...base, state: 'down', problem: (error as Error).message };
  }
}
