import { openShut } from '../sql/epoch-fences.ts';
import { endWithdrawal, forgetWithdrawal, readOpening } from '../sql/epoch-openings.ts';
import { inTransaction } from '../sql/transaction.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';

/**
 * Takes the withdrawal of an epoch back that was not decided: each shard opens again what it has shut. Whoever withdraws it
 * may be dead. Can be run again, and by several at once.
 */
export async function takeWithdrawalBack(cluster: EpochCluster, from: bigint): Promise<void> {
  const arbiter = arbiterOf(cluster);
  await cluster.onShard(arbiter, (session) => endWithdrawal(session, from));
  const opening = await cluster.onShard(arbiter, (session) => readOpening(session, from));
  // It was decided meanwhile: there is nothing above the cut any more.
  if (opening?.state !== 'active') return;
  for (const shard of cluster.shards)
    await cluster.onShard(shard, (session) => inTransaction(session, () => openShut(session, from)));
  await cluster.onShard(arbiter, (session) => forgetWithdrawal(session, from));
}
