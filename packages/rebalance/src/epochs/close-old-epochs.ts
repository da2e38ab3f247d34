import { checkClosing, closeEpochs, type CloseEpochsOptions, type ShardMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { whileHeld } from './while-held.ts';

/**
 * Looks whether {@link closeOldEpochs} could give up the epochs before one. Changes nothing.
 *
 * @returns the shard map of now
 */
export async function checkOldEpochs(
  cluster: OperatorCluster,
  options: Omit<CloseEpochsOptions, 'check'>,
): Promise<ShardMap> {
  await proveOwnership(cluster);
  return checkClosing(cluster, options);
}

/**
 * Gives up the epochs before one, see `closeEpochs` of the router, while no other operation works on a shard.
 *
 * @throws ShardBusyError when another operation holds a shard; what `proveOwnership` throws; of the router what
 *   `closeEpochs` throws
 */
export function closeOldEpochs(
  cluster: OperatorCluster,
  options: Omit<CloseEpochsOptions, 'check'>,
): Promise<ShardMap> {
  return whileHeld(cluster, { by: options.by, what: 'closes epochs' }, (check) =>
    closeEpochs(cluster, { ...options, check }),
  );
}
