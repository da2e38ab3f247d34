import { openShut } from '../sql/epoch-fences.ts';
import { endWithdrawal, forgetWithdrawal, readOpening } from '../sql/epoch-openings.ts';
import { inTransaction } from '../sql/transaction.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';

/**
 * Takes back the withdrawal of an epoch that was not decided: each shard opens again the fences that it has shut. The process
 * that withdraws may be dead. Can be run again, and by several processes at once.
 */
export async function takeWithdrawalBack(cluster: EpochCluster, from: bigint): Promise<void> {
  const arbiter = arbiterOf(cluster);
  await cluster.onShard(arbiter, (session) => endWithdrawal(session, from));
  const opening = await cluster.onShard(arbiter, (session) => readOpening(session, from));
  // The withdrawal was decided in the meantime: there are no fences above the cut any more.
  if (opening?.state !== 'active') return;
  for (const shard of cluster.shards)
    await cluster.onShard(shard, (session) => inTransaction(session, () => openShut(session, from)));
  await cluster.onShard(arbiter, (session) => forgetWithdrawal(session, from));
}
