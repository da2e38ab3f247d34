import {
  clusterState,
  openEpoch,
  type OpenEpochOptions,
  type OpeningStep,
  type ShardMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { weighted, type WeightWishes } from '../plan/wishes.ts';
import { type NextAssignment, nextAssignment } from './assignment.ts';

export interface NextEpochOptions {
  /** From now on by the databases' clocks until it begins, milliseconds. */
  readonly beginsInMs: number;
  readonly wishes: WeightWishes;
  /** Who opens it, for the leases and the books. */
  readonly by: string;
  readonly afterStep?: (step: OpeningStep) => Promise<void> | void;
  readonly limits?: OpenEpochOptions['limits'];
}

/** An epoch that can be opened, as it was decided for one version of the map. */
export interface NextEpoch extends NextAssignment {
  readonly map: ShardMap;
  readonly nowMs: number;
}

/** Decides on the next epoch, and changes nothing. @throws what `clusterState` throws */
export async function planEpoch(cluster: OperatorCluster, wishes: WeightWishes): Promise<NextEpoch> {
  const { map, nowMs } = await clusterState(cluster);
  return { ...nextAssignment(map, weighted(map, cluster.configs, wishes)), map, nowMs };
}

/**
 * Opens an epoch that gives each shard its part by weight. No other operation works on a shard meanwhile.
 *
 * @throws ShardBusyError when another operation holds a shard; of the router what `openEpoch` throws
 */
export async function openNextEpoch(
  cluster: OperatorCluster,
  { beginsInMs, wishes, by, afterStep, limits }: NextEpochOptions,
): Promise<ShardMap> {
  const onShard: OperatorCluster['onShard'] = (shard, fn) => cluster.onShard(shard, fn);
  const leases = await OperationLeases.acquire(onShard, cluster.shards, {
    holder: by,
    what: 'opens an epoch',
  });
  try {
    const { owners, keyOwners, nowMs } = await planEpoch(cluster, wishes);
    return await openEpoch(cluster, {
      fromMs: nowMs + beginsInMs,
      owners,
      keyOwners,
      by,
      tables: cluster.tables
        .filter(({ partitionedBy }) => partitionedBy === 'number')
        .map(({ table }) => table),
      ...(afterStep === undefined ? {} : { afterStep }),
      ...(limits === undefined ? {} : { limits }),
    });
  } finally {
    await leases.release();
  }
}
