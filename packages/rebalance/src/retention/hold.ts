import type { ShardSession } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { NUMBER, readRowsOf, rowsOf } from '../sql/aggregate-rows.ts';
import { deleteHold, type HoldRow, insertHold, lockHold } from '../sql/retention/holds.ts';
import { type Aggregate, aggregateOf } from './aggregate.ts';
import { HoldRefusedError } from './errors.ts';
import { checkOwner, type HoldClaim } from './hold-owner.ts';
import { onOwner } from './on-owner.ts';
import type { FenceRange } from './split-fence.ts';

/** Why a number is to be kept, and who says so. */
export interface HoldRequest extends HoldClaim {
  readonly reason: string;
}

/** Where a number is, and the hold that it has. */
export interface NumberHold {
  readonly shard: number;
  readonly hold: HoldRow | undefined;
}

/**
 * Checks whether a number can be held. Changes nothing.
 *
 * @throws as {@link holdNumber}
 */
export function checkHold(cluster: OperatorCluster, number: bigint, claim: HoldClaim): Promise<NumberHold> {
  return onOwner(cluster, number, (session, _owner, fence) =>
    holdable(session, fence, aggregateOf(cluster.tables), number, claim),
  );
}

/**
 * Holds a number: it stays on the shards until it is released, whatever its age and state. A hold has one owner. Holding the
 * number again gives the hold the newer reason.
 *
 * @returns the shard that it is on
 * @throws HoldRefusedError when there is no such number, its day is closed or gone already, or somebody else holds it
 */
export async function holdNumber(
  cluster: OperatorCluster,
  number: bigint,
  { reason, ...claim }: HoldRequest,
): Promise<number> {
  const aggregate = aggregateOf(cluster.tables);
  return onOwner(cluster, number, async (session, { bucket }, fence) => {
    await holdable(session, fence, aggregate, number, claim);
    await insertHold(session, number, bucket, reason, claim.by);
    return session.shard;
  });
}

/**
 * Checks whether the hold of a number can be ended. Changes nothing.
 *
 * @throws as {@link releaseNumber}
 */
export function checkRelease(
  cluster: OperatorCluster,
  number: bigint,
  claim: HoldClaim,
): Promise<NumberHold & { readonly hold: HoldRow }> {
  return onOwner(cluster, number, (session) => releasable(session, number, claim));
}

/**
 * Ends a number's hold. The number then goes with its day; if the day has gone, it goes as soon as it is final.
 *
 * @returns the shard that it is on
 * @throws HoldRefusedError when it is not held, or held by somebody else
 */
export async function releaseNumber(
  cluster: OperatorCluster,
  number: bigint,
  claim: HoldClaim,
): Promise<number> {
  return onOwner(cluster, number, async (session) => {
    await releasable(session, number, claim);
    await deleteHold(session, number);
    return session.shard;
  });
}

/** Whether a number has a row of the root, in the partition of its day or among those that have outlived theirs. */
export async function exists(session: ShardSession, { root }: Aggregate, number: bigint): Promise<boolean> {
  for (const table of [root.table, root.carriedIn])
    if ((await readRowsOf(session, rowsOf(table), [NUMBER], ['number'], [number])).length > 0) return true;
  return false;
}

async function holdable(
  session: ShardSession,
  fence: FenceRange,
  aggregate: Aggregate,
  number: bigint,
  claim: HoldClaim,
): Promise<NumberHold> {
  if (fence.state === 'owned' && number < fence.writableFrom) {
    throw new HoldRefusedError(
      `number ${number} is past its retention: restore it from the archive, with \`shard-rebalance retention restore ${number}\``,
    );
  }
  if (!(await exists(session, aggregate, number))) throw new HoldRefusedError(`there is no number ${number}`);
  const hold = await lockHold(session, number);
  if (hold !== undefined) checkOwner(number, hold, claim);
  return { shard: session.shard, hold };
}

async function releasable(
  session: ShardSession,
  number: bigint,
  claim: HoldClaim,
): Promise<NumberHold & { readonly hold: HoldRow }> {
  const hold = await lockHold(session, number);
  if (hold === undefined) throw new HoldRefusedError(`number ${number} is not held`);
  checkOwner(number, hold, claim);
  return { shard: session.shard, hold };
}
