import { inTransaction, openShardSessions, type ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import { prepareSession } from '../sql/retention/prepare-session.ts';
import { HoldRefusedError } from './errors.ts';
import { findOwner, type NumberOwner } from './find-owner.ts';
import { retryLockWait } from './retry-lock-wait.ts';
import type { FenceRange } from './split-fence.ts';

/**
 * Runs `fn` in a transaction on the shard that owns a number, under the lock of its fence.
 *
 * @throws HoldRefusedError when no shard owns the number for now
 */
export async function onOwner<T>(
  cluster: OperatorCluster,
  number: bigint,
  fn: (session: ShardSession, owner: NumberOwner, fence: FenceRange) => Promise<T>,
): Promise<T> {
  const sessions = openShardSessions(cluster.configs, { connections: 1 });
  try {
    const owner = await findOwner(cluster, sessions, number);
    const nobody = () =>
      new HoldRefusedError(`number ${number}: its bucket is between two shards for the moment; try again`);
    if (owner === undefined) throw nobody();
    return await sessions.onShard(owner.shard, async (session) => {
      await prepareSession(session);
      return retryLockWait(() =>
        inTransaction(session, async () => {
          const fences = await lockFencesOf(session, owner.bucket);
          const fence = fences.find(({ from, to }) => from <= number && number < to);
          if (fence?.state !== 'owned' && fence?.state !== 'carried') throw nobody();
          return fn(session, owner, fence);
        }),
      );
    });
  } finally {
    await sessions.close();
  }
}
