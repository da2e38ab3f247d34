import { DuplicateRowError } from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import { countMovingAbove, hasNumbersFrom, shutAbove } from '../sql/epoch-fences.ts';
import {
  changeOpening,
  changeOpeningMap,
  forgetWithdrawal,
  lockOpening,
  noteWithdrawal,
  readOpening,
} from '../sql/epoch-openings.ts';
import { insertMap } from '../sql/shard-maps.ts';
import { inTransaction } from '../sql/transaction.ts';
import { type ShardMap, withoutNewestEpoch } from '../topology/map.ts';
import { clusterState } from './cluster-state.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';
import { EpochRefusedError } from './errors.ts';
import { follow, settleEpochs } from './settle-epochs.ts';
import { takeWithdrawalBack } from './take-withdrawal-back.ts';

/** The times of a withdrawal, milliseconds. */
export interface WithdrawalLimits {
  /** How far ahead of the databases' clocks the epoch must begin. */
  readonly leadMs: number;
  /** If the epoch begins in less than this, it is not withdrawn any more. Fresh numbers run ahead of the clock by less. */
  readonly decidedBeforeMs: number;
  /**
   * How long it may take to shut it on all shards. Any process that finds the withdrawal undecided after that takes it back.
   */
  readonly shutMs: number;
}

export const WITHDRAWAL_LIMITS: WithdrawalLimits = {
  leadMs: 20_000,
  decidedBeforeMs: 10_000,
  shutMs: 30_000,
};

export interface WithdrawEpochOptions {
  /** The first number of the epoch. */
  readonly from: bigint;
  /** Who does it, for the books. */
  readonly by: string;
  /** Tables with a primary key that begins with the column `number`: none may have a number of the epoch. */
  readonly tables: readonly string[];
  /** Called in each transaction; throws when the caller may not withdraw the epoch any more. */
  readonly check?: (session: ShardSession) => Promise<void>;
  /** Other times than {@link WITHDRAWAL_LIMITS}, for tests. */
  readonly limits?: WithdrawalLimits;
  /** Called after each durable step, so that tests see what a death at that point leaves behind. */
  readonly afterStep?: (step: 'noted' | 'shut' | 'decided') => Promise<void> | void;
}

const passes = async () => Promise.resolve();

/**
 * Checks whether an active epoch can be withdrawn. Changes nothing, except that shards carry out earlier decisions on epochs.
 *
 * @returns the shard map without it
 * @throws EpochRefusedError, ShardUnavailableError as {@link withdrawEpoch} does
 */
export async function checkWithdrawal(
  cluster: EpochCluster,
  { from, by, tables, limits = WITHDRAWAL_LIMITS }: Omit<WithdrawEpochOptions, 'check' | 'afterStep'>,
): Promise<ShardMap> {
  const { pending } = await settleEpochs(cluster, by);
  if (pending > 0) throw new EpochRefusedError('an epoch is being opened, or withdrawn: wait for it');
  const { map, nowMs } = await clusterState(cluster);
  const newest = map.epochs.at(-1)!;
  if (map.epochs.length === 1 || newest.from !== from.toString())
    throw new EpochRefusedError(`the newest epoch does not begin at ${from}`);
  const aheadMs = decodeNumber(from).timeMs - nowMs;
  if (aheadMs < limits.leadMs)
    throw new EpochRefusedError(
      aheadMs <= 0
        ? 'the epoch has begun: that is final. Opening another one changes what follows it'
        : `the epoch begins in ${Math.ceil(aheadMs / 1_000)} s: it is too late to withdraw it`,
    );
  for (const shard of cluster.shards)
    await cluster.onShard(shard, (session) => refuseUsed(session, from, tables));
  return withoutNewestEpoch(map);
}

/**
 * Withdraws an active epoch that has not begun yet, as if it had never been opened: the epoch before it goes on. First, every
 * shard shuts it. Only when all have done so does one compare-and-set, on the shard with the lowest id and some time before
 * the epoch begins, withdraw it. However this ends, and wherever it is killed, the epoch is either withdrawn, or active and
 * open, and the next process that settles it makes every shard follow.
 *
 * @returns the shard map without it
 * @throws EpochRefusedError when it has begun, begins too soon, is not the newest, or something was moved or written in it
 * @throws ShardUnavailableError when a shard does not answer: all of them are needed
 */
export async function withdrawEpoch(
  cluster: EpochCluster,
  { afterStep = () => undefined, ...options }: WithdrawEpochOptions,
): Promise<ShardMap> {
  const { from, by, check = passes, limits = WITHDRAWAL_LIMITS } = options;
  const next = await checkWithdrawal(cluster, options);
  const arbiter = arbiterOf(cluster);
  await cluster.onShard(arbiter, (session) =>
    inTransaction(session, async () => {
      await check(session);
      if (!(await noteWithdrawal(session, from, limits.shutMs)))
        throw new EpochRefusedError(`the epoch at ${from} is not active, or is being withdrawn`);
    }),
  );
  try {
    await afterStep('noted');
    for (const shard of cluster.shards) await cluster.onShard(shard, (session) => shut(session, options));
    await afterStep('shut');
    await cluster.onShard(arbiter, (session) => decide(session, cluster, next, options));
  } catch (error) {
    const opening = await cluster
      .onShard(arbiter, (session) => readOpening(session, from))
      .catch(() => undefined);
    // If the answer was lost, the epoch may be withdrawn. If nobody can be asked, the next process that settles epochs finds
    // out.
    if (opening?.state !== 'aborted') {
      await takeWithdrawalBack(cluster, from).catch(() => undefined);
      throw error;
    }
  }
  await afterStep('decided');
  const opening = await cluster.onShard(arbiter, (session) => readOpening(session, from));
  await follow(cluster, opening!, 'aborted', by);
  return next;
}

async function shut(
  session: ShardSession,
  { from, tables, check = passes }: WithdrawEpochOptions,
): Promise<void> {
  await inTransaction(session, async () => {
    await check(session);
    await shutAbove(session, from);
    // Nobody can write a number of the epoch any more. This check sees every number that was written before.
    await refuseUsed(session, from, tables);
  });
}

async function refuseUsed(session: ShardSession, from: bigint, tables: readonly string[]): Promise<void> {
  const { shard } = session;
  if ((await countMovingAbove(session, from)) > 0)
    throw new EpochRefusedError(`shard ${shard}: buckets of the epoch are being moved`);
  for (const table of tables)
    if (await hasNumbersFrom(session, table, from))
      throw new EpochRefusedError(`shard ${shard} has numbers of the epoch already, in ${table}`);
}

async function decide(
  session: ShardSession,
  { shards }: EpochCluster,
  next: ShardMap,
  { from, by, check = passes, limits = WITHDRAWAL_LIMITS }: WithdrawEpochOptions,
): Promise<void> {
  await inTransaction(session, async () => {
    await check(session);
    const opening = await lockOpening(session, from, 'update');
    const aheadMs = decodeNumber(from).timeMs - Number(opening?.now_ms ?? Infinity);
    if (opening?.withdraw_until == null || Number(opening.late) === 1 || aheadMs < limits.decidedBeforeMs)
      throw new EpochRefusedError('the shards took too long: the epoch stays');
    if (!(await changeOpening(session, from, { expected: 'active', state: 'aborted', by })))
      throw new EpochRefusedError('the epoch is not active any more');
    await forgetWithdrawal(session, from);
    await changeOpeningMap(session, from, next, shards);
    await insertMap(session, next).catch((cause: unknown) => {
      if (!(cause instanceof DuplicateRowError)) throw cause;
      throw new EpochRefusedError('another version of the shard map was published meanwhile', { cause });
    });
  });
}
