import { checkWithdrawal, EpochRefusedError, type ShardMap, withdrawEpoch } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { allBooked } from '../move/books.ts';
import { cellsOf } from '../move/move-context.ts';
import { proveOwnership } from '../ownership/proof.ts';
import { whileHeld } from './while-held.ts';

export interface WithdrawNextEpochOptions {
  /** The first number of the epoch. */
  readonly from: bigint;
  /** Who does it, for the leases and the books. */
  readonly by: string;
}

/**
 * Looks whether the newest epoch, which has not begun, could be withdrawn, with all the checks of {@link withdrawNextEpoch}.
 * Changes nothing.
 *
 * @returns the shard map without it
 */
export async function checkNextWithdrawal(
  cluster: OperatorCluster,
  options: WithdrawNextEpochOptions,
): Promise<ShardMap> {
  await proveOwnership(cluster);
  await refuseMoved(cluster, options.from);
  return checkWithdrawal(cluster, { ...options, tables: numbered(cluster) });
}

/**
 * Withdraws the newest epoch before it begins, as if it had not been opened. No other operation works on a shard meanwhile,
 * and nobody else publishes a map.
 *
 * @throws ShardBusyError when another operation holds a shard; what `proveOwnership` throws; of the router what
 *   `withdrawEpoch` throws
 */
export function withdrawNextEpoch(
  cluster: OperatorCluster,
  options: WithdrawNextEpochOptions,
): Promise<ShardMap> {
  return whileHeld(cluster, { by: options.by, what: 'withdraws an epoch' }, async (check) => {
    await refuseMoved(cluster, options.from);
    return withdrawEpoch(cluster, { ...options, check, tables: numbered(cluster) });
  });
}

/** What was moved in an epoch is in the books by its fences there. */
async function refuseMoved(cluster: OperatorCluster, from: bigint): Promise<void> {
  const moved = (await allBooked(cluster)).find(
    (move) =>
      move.kind === 'numbers' &&
      !['cleaned', 'revoked'].includes(move.step) &&
      cellsOf(move).some(({ at }) => at === String(from)),
  );
  if (moved !== undefined)
    throw new EpochRefusedError(
      `bucket ${moved.bucket} was moved in it to shard ${moved.target} (plan ${moved.plan_id.slice(0, 8)}): roll that back first`,
    );
}

function numbered({ tables }: OperatorCluster): readonly string[] {
  return tables.filter(({ partitionedBy }) => partitionedBy === 'number').map(({ table }) => table);
}
