import { openShardSessions, type ShardSession, type ShardSessions } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { readRowsOf, rowsOf } from '../sql/aggregate-rows.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import { deleteHold, insertHold } from '../sql/retention/holds.ts';
import { prepareSession } from '../sql/retention/prepare-session.ts';
import { inTransaction } from '../sql/transaction.ts';
import { type Aggregate, aggregateOf } from './aggregate.ts';
import { HoldRefusedError } from './errors.ts';
import { findOwner, type NumberOwner } from './find-owner.ts';
import { retryLockWait } from './retry-lock-wait.ts';
import type { FenceRange } from './split-fence.ts';

/** Why a number is to be kept, and who says so. */
export interface HoldRequest {
  readonly reason: string;
  readonly by: string;
}

/**
 * Holds a number: whatever its age and state, it stays on the shards until it is released.
 *
 * @returns the shard that it is on
 * @throws HoldRefusedError when there is no such number, or its day is closed or gone already
 */
export async function holdNumber(
  cluster: OperatorCluster,
  number: bigint,
  { reason, by }: HoldRequest,
): Promise<number> {
  const aggregate = aggregateOf(cluster.tables);
  return onOwner(cluster, number, async (session, { bucket }, fence) => {
    if (fence.state === 'owned' && number < fence.writableFrom) {
      throw new HoldRefusedError(
        `number ${number} is past its retention: restore it from the archive, with \`shard-rebalance retention restore ${number}\``,
      );
    }
    if (!(await exists(session, aggregate, number)))
      throw new HoldRefusedError(`there is no number ${number}`);
    await insertHold(session, number, bucket, reason, by);
    return session.shard;
  });
}

/**
 * Ends a number's hold: it goes with its day, or if that has gone, as soon as it is final.
 *
 * @returns the shard that it is on
 * @throws HoldRefusedError when it is not held
 */
export async function releaseNumber(cluster: OperatorCluster, number: bigint): Promise<number> {
  return onOwner(cluster, number, async (session) => {
    if ((await deleteHold(session, number)) === 0) throw new HoldRefusedError(`number ${number} is not held`);
    return session.shard;
  });
}

/** Whether a number has a row of the root, in the partition of its day or among those that have outlived theirs. */
export async function exists(session: ShardSession, { root }: Aggregate, number: bigint): Promise<boolean> {
  for (const table of [root.table, root.carriedIn])
    if ((await readRowsOf(session, rowsOf(table), ['number'], ['number'], [number])).length > 0) return true;
  return false;
}

/** Runs `fn` in a transaction on the shard that owns a number, under the lock of its fence. */
async function onOwner<T>(
  cluster: OperatorCluster,
  number: bigint,
  fn: (session: ShardSession, owner: NumberOwner, fence: FenceRange) => Promise<T>,
): Promise<T> {
  const sessions = openShardSessions(cluster.configs, { connections: 1 });
  try {
    return await withOwner(sessions, cluster.clusterId, number, fn);
  } finally {
    await sessions.close();
  }
}

/** As {@link onOwner}, with sessions that are open. @throws HoldRefusedError when no shard owns the number for now */
export async function withOwner<T>(
  sessions: ShardSessions,
  clusterId: string,
  number: bigint,
  fn: (session: ShardSession, owner: NumberOwner, fence: FenceRange) => Promise<T>,
): Promise<T> {
  const owner = await findOwner(sessions, clusterId, number);
  const nobody = () =>
    new HoldRefusedError(`number ${number}: its bucket is between two shards for the moment; try again`);
  if (owner === undefined) throw nobody();
  return sessions.onShard(owner.shard, async (session) => {
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
}
