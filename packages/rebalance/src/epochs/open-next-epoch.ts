import {
  checkEpoch,
  clusterState,
  EpochRefusedError,
  openEpoch,
  type OpenEpochOptions,
  type OpeningStep,
  type ShardMap,
} from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { weighted, type WeightWishes } from '../plan/wishes.ts';
import { fenceStates } from '../sql/topology/shard-facts.ts';
import { type NextAssignment, nextAssignment } from './assignment.ts';
import { whileHeld } from './while-held.ts';

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

/** Decides on the next epoch, and changes nothing. @throws what `proveOwnership` and `clusterState` throw */
export async function planEpoch(cluster: OperatorCluster, wishes: WeightWishes): Promise<NextEpoch> {
  await proveOwnership(cluster);
  return assignNext(cluster, wishes);
}

/**
 * Looks whether an epoch could be opened now, with all the checks of its opening. Changes nothing.
 *
 * @throws what {@link openNextEpoch} throws, but for leases
 */
export async function checkNextEpoch(
  cluster: OperatorCluster,
  { beginsInMs, by, limits }: Pick<NextEpochOptions, 'beginsInMs' | 'by' | 'limits'>,
  { owners, keyOwners, nowMs }: NextEpoch,
): Promise<void> {
  await checkEpoch(cluster, {
    fromMs: nowMs + beginsInMs,
    owners,
    keyOwners,
    by,
    ...(limits === undefined ? {} : { limits }),
  });
  for (const shard of cluster.shards) {
    const states = await cluster.onShard(shard, fenceStates);
    const moving = states.find(({ state }) => ['capturing', 'frozen', 'importing'].includes(state));
    if (moving !== undefined)
      throw new EpochRefusedError(
        `shard ${shard}: ${moving.cells} fences of ${moving.kind} are ${moving.state}: a move has to come to its end first`,
      );
  }
}

/**
 * Opens an epoch that gives each shard its part by weight. No other operation works on a shard meanwhile, and nobody else
 * publishes a map.
 *
 * @throws ShardBusyError when another operation holds a shard; what `proveOwnership` throws; of the router what `openEpoch`
 *   throws
 */
export function openNextEpoch(
  cluster: OperatorCluster,
  { beginsInMs, wishes, by, afterStep, limits }: NextEpochOptions,
): Promise<ShardMap> {
  return whileHeld(cluster, { by, what: 'opens an epoch' }, async (check) => {
    const { owners, keyOwners, nowMs } = await assignNext(cluster, wishes);
    return openEpoch(cluster, {
      fromMs: nowMs + beginsInMs,
      owners,
      keyOwners,
      by,
      check,
      tables: cluster.tables
        .filter(({ partitionedBy }) => partitionedBy === 'number')
        .map(({ table }) => table),
      ...(afterStep === undefined ? {} : { afterStep }),
      ...(limits === undefined ? {} : { limits }),
    });
  });
}

async function assignNext(cluster: OperatorCluster, wishes: WeightWishes): Promise<NextEpoch> {
  const { map, nowMs } = await clusterState(cluster);
  return { ...nextAssignment(map, weighted(map, cluster.configs, wishes)), map, nowMs };
}
