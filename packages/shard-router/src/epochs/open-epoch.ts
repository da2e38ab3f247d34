import { DuplicateRowError } from '../errors.ts';
import { decodeNumber, lowestNumberAt } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import { changeOpening, insertOpening, lockOpening, settleOpening } from '../sql/epoch-openings.ts';
import { insertMap } from '../sql/shard-maps.ts';
import { inTransaction } from '../sql/transaction.ts';
import { epochRanges, type EpochRange, type ShardMap, withEpoch } from '../topology/map.ts';
import { abortOpening } from './abort-epoch.ts';
import { clusterState } from './cluster-state.ts';
import { arbiterOf, type EpochCluster } from './epoch-cluster.ts';
import { EpochAbortedError, EpochRefusedError } from './errors.ts';
import { followActive, openAbove } from './follow-decision.ts';
import { prepareShard } from './prepare-shard.ts';
import { settleEpochs } from './settle-epochs.ts';

/** The times of an opening, milliseconds. */
export interface OpeningLimits {
  /** How far ahead of the databases' clocks an epoch must begin, at the time when its opening starts. */
  readonly leadMs: number;
  /**
   * An opening is aborted if it is not decided this long before its epoch begins. Fresh numbers run ahead of the clock by
   * less.
   */
  readonly decidedBeforeMs: number;
  /**
   * How long all shards together may take to get ready. Any process that finds the opening undecided after that aborts it.
   */
  readonly prepareMs: number;
}

/** How far ahead an epoch may begin, milliseconds. No other epoch can be opened until it has begun. */
const MOST_AHEAD_MS = 7 * 86_400_000;

export const OPENING_LIMITS: OpeningLimits = { leadMs: 60_000, decidedBeforeMs: 10_000, prepareMs: 30_000 };

/** A step of an opening that is durable. */
export interface OpeningStep {
  readonly step: 'noted' | 'prepared' | 'decided' | 'followed';
  readonly shard: number;
}

export interface OpenEpochOptions {
  /** When it begins: Unix time in milliseconds, at least a minute ahead of the databases' clocks. */
  readonly fromMs: number;
  /** Index: bucket. Value: the shard that owns its numbers in the epoch. */
  readonly owners: readonly number[];
  /** Index: bucket. Value: the shard that owns its keys in the epoch. Only shards that own numbers too. */
  readonly keyOwners: readonly number[];
  /** Who opens it, for the books. */
  readonly by: string;
  /** Tables with a primary key that begins with the column `number`: none may have a number of the epoch. */
  readonly tables: readonly string[];
  /**
   * Called in each transaction that advances the opening, on every shard; throws when the epoch must not be opened. It may
   * hold locks, so that nobody else changes owners in the meantime.
   */
  readonly check?: (session: ShardSession) => Promise<void>;
  /** Other times than {@link OPENING_LIMITS}, for tests. */
  readonly limits?: OpeningLimits;
  /** Called after each durable step, so that tests see what a death at that point leaves behind. */
  readonly afterStep?: (step: OpeningStep) => Promise<void> | void;
}

/**
 * Opens an epoch: a range of numbers from a future moment on, with its own assignment of buckets to shards. First, every
 * shard commits the upper end of the range before. Only when all have done so does one compare-and-set, on the shard with the
 * lowest id, make the epoch active. However this ends, and wherever it is killed, the epoch is either aborted or active, and
 * the next process that settles it makes every shard follow.
 *
 * @returns the shard map with the epoch
 * @throws EpochRefusedError when something is in the way
 * @throws EpochAbortedError when a shard did not get ready in time, or another process aborted it
 * @throws ShardUnavailableError when a shard does not answer: an epoch needs all of them
 */
export async function openEpoch(cluster: EpochCluster, options: OpenEpochOptions): Promise<ShardMap> {
  const { by, limits = OPENING_LIMITS, afterStep = () => undefined } = options;
  const { map, from } = await checkEpoch(cluster, options);
  const next = withEpoch(map, { ...options, from: from.toString() });
  const epoch = epochRanges(next).at(-1)!;
  const arbiter = arbiterOf(cluster);
  try {
    await prepareAll(cluster, options, next, epoch);
    await cluster.onShard(arbiter, (session) => decideActive(session, next, epoch, { ...options, limits }));
  } catch (error) {
    // If the answer was lost, the epoch may be active. If nobody can be asked, the next process that settles epochs finds
    // out.
    if ((await abortOpening(cluster, from, by).catch(() => 'unknown')) !== 'active') throw error;
  }
  await afterStep({ step: 'decided', shard: arbiter });
  for (const shard of cluster.shards) {
    await cluster.onShard(shard, (session) => followActive(session, next, epoch, by));
    await afterStep({ step: 'followed', shard });
  }
  await cluster.onShard(arbiter, (session) => settleOpening(session, from, 'active'));
  return next;
}

/**
 * Checks whether an epoch could be opened now. Changes nothing, except that shards carry out earlier decisions on epochs.
 *
 * @returns the shard map that it would follow, and its first number
 * @throws EpochRefusedError, ShardUnavailableError as {@link openEpoch} does
 */
export async function checkEpoch(
  cluster: EpochCluster,
  options: Pick<OpenEpochOptions, 'fromMs' | 'owners' | 'keyOwners' | 'by' | 'limits'>,
): Promise<{ readonly map: ShardMap; readonly from: bigint }> {
  const { pending } = await settleEpochs(cluster, options.by);
  if (pending > 0) throw new EpochRefusedError('another epoch is being opened: wait for it, or abort it');
  const { map, nowMs } = await clusterState(cluster);
  return { map, from: checkOptions(cluster, options, map, nowMs) };
}

async function prepareAll(
  cluster: EpochCluster,
  { by, tables, check = passes, limits = OPENING_LIMITS, afterStep = () => undefined }: OpenEpochOptions,
  map: ShardMap,
  epoch: EpochRange,
): Promise<void> {
  const arbiter = arbiterOf(cluster);
  const note = { shards: cluster.shards, by, withinMs: limits.prepareMs };
  const deadline = performance.now() + limits.prepareMs;
  // The deciding shard comes first: an opening that any other shard knows of can then be settled.
  for (const shard of [arbiter, ...cluster.shards.filter((other) => other !== arbiter)]) {
    await cluster.onShard(shard, (session) =>
      inTransaction(session, async () => {
        await check(session);
        await insertOpening(session, epoch.from, map, note);
      }),
    );
    await afterStep({ step: 'noted', shard });
    await cluster.onShard(shard, (session) => prepareShard(session, epoch, { tables, check, deadline }));
    await afterStep({ step: 'prepared', shard });
  }
}

/** Makes the epoch active on the deciding shard, and opens it there. */
async function decideActive(
  session: ShardSession,
  map: ShardMap,
  epoch: EpochRange,
  { by, check = passes, limits: { decidedBeforeMs } = OPENING_LIMITS }: OpenEpochOptions,
): Promise<void> {
  await inTransaction(session, async () => {
    await check(session);
    const opening = await lockOpening(session, epoch.from, 'update');
    const aheadMs = decodeNumber(epoch.from).timeMs - Number(opening?.now_ms ?? Infinity);
    if (aheadMs < decidedBeforeMs) throw new EpochAbortedError('the shards took too long to get ready');
    const change = { expected: 'preparing', state: 'active', by } as const;
    if (!(await changeOpening(session, epoch.from, change)))
      throw new EpochAbortedError('the opening of the epoch was aborted by another');
    await insertMap(session, map).catch((cause: unknown) => {
      if (!(cause instanceof DuplicateRowError)) throw cause;
      throw new EpochAbortedError('another version of the shard map was published meanwhile', { cause });
    });
    await openAbove(session, map, epoch);
  });
}

/** The check of a caller that gives none. */
async function passes(): Promise<void> {}

/** Checks the options of an opening, and returns the first number of the epoch. */
function checkOptions(
  { shards }: EpochCluster,
  {
    fromMs,
    owners,
    keyOwners,
    limits: { leadMs } = OPENING_LIMITS,
  }: Pick<OpenEpochOptions, 'fromMs' | 'owners' | 'keyOwners' | 'limits'>,
  map: ShardMap,
  nowMs: number,
): bigint {
  const refuse = (why: string) => new EpochRefusedError(why);
  if (!Number.isSafeInteger(fromMs) || fromMs < nowMs + leadMs) {
    throw refuse(`an epoch begins at least ${leadMs / 1_000} s after the databases' time`);
  }
  const from = lowestNumberAt(fromMs);
  const last = decodeNumber(BigInt(map.epochs.at(-1)!.from)).timeMs;
  if (last > nowMs)
    throw refuse(
      `the epoch that was opened last has not begun yet: wait until ${new Date(last).toISOString().slice(0, 19)}Z, or abort it`,
    );
  if (fromMs > nowMs + MOST_AHEAD_MS)
    throw refuse(
      `an epoch begins within ${MOST_AHEAD_MS / 3_600_000} h: nothing else can be opened until then`,
    );
  for (const [what, list] of [
    ['owners', owners],
    ['keyOwners', keyOwners],
  ] as const) {
    if (list.length !== map.bucketCount)
      throw refuse(`${what}: ${list.length} buckets have an owner, not ${map.bucketCount}`);
    const unknown = list.find((owner) => !shards.includes(owner));
    if (unknown !== undefined) throw refuse(`${what}: there is no shard ${unknown}`);
  }
  const alone = keyOwners.find((owner) => !owners.includes(owner));
  if (alone !== undefined)
    throw refuse(`keyOwners: shard ${alone} would own keys and no numbers to go with them`);
  return from;
}
