import type { ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { OperationLeases } from '../lease/operation-leases.ts';
import { type ProvedOptions, sealMembers, withProof } from '../ownership/publish.ts';

/**
 * Proves that everything has one owner, then runs `fn` while no other operation works on a shard and nobody else publishes a
 * map. Seals what each shard owns before and afterwards.
 *
 * @param fn gets a function that makes sure of this in a transaction of a session
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
    // The work is done: if this seal fails, the next proof makes it.
    await sealMembers(cluster, { by, what }).catch(() => undefined);
    return result;
  } finally {
    await leases.release();
  }
}
