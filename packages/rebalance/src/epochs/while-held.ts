import type { ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { type ProvedOptions, sealMembers, withProof } from '../ownership/publish.ts';

/**
 * Runs `fn` while no other operation works on a shard and nobody else publishes a map, after it was proved that everything
 * has one owner. What each shard owns is sealed before and afterwards.
 *
 * @param fn is given what makes sure of it in a transaction of a session
 * @throws ShardBusyError when another operation holds a shard; what `withProof` throws
 */
export async function whileHeld<T>(
  cluster: OperatorCluster,
  { by, what }: Pick<ProvedOptions, 'by' | 'what'>,
  fn: (check: (session: ShardSession) => Promise<void>) => Promise<T>,
): Promise<T> {
  const leases = await OperationLeases.acquire(
    (shard, work) => cluster.onShard(shard, work),
    cluster.shards,
    {
      holder: by,
      what,
    },
  );
  try {
    const result = await withProof(cluster, { by, what }, (proof) =>
      fn(async (session) => {
        await proof.check(session);
        await leases.check(session);
      }),
    );
    // It is done: a seal that could not be made now is made by whoever proves next.
    await sealMembers(cluster, { by, what }).catch(() => undefined);
    return result;
  } finally {
    await leases.release();
  }
}
