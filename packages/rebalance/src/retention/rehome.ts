import {
  inTransaction,
  type ShardMap,
  type ShardSession,
  type ShardSessions,
} from '@ordershard/shard-router';
import { type AggregateRows, hashOf, type Layout, readLayout } from '../archive/layout.ts';
import { readAggregatesOf, type Sources } from '../archive/read-aggregates.ts';
import { OperationLease } from '../lease/operation-lease.ts';
import { reasonOf } from '../errors.ts';
import { OperationLeaseLostError, ShardBusyError } from '../lease/errors.ts';
import { deleteRows, insertRow, rowsOf, type SessionRow } from '../sql/aggregate-rows.ts';
import { lockFencesOf, readFences } from '../sql/retention/fences.ts';
import { prepareSession } from '../sql/retention/prepare-session.ts';
import { deleteHold } from '../sql/retention/holds.ts';
import type { Aggregate } from './aggregate.ts';
import { DayKeptError } from './errors.ts';
import { isSettled } from './is-settled.ts';
import { findMove } from './refuse-moves.ts';
import { retryLockWait } from './retry-lock-wait.ts';
import { durably, type ShardRun } from './shard-run.ts';
import { type FenceChange, type FenceRange, isSingle, withOwnRange, withoutOwnRange } from './split-fence.ts';
import { writeRanges } from './write-ranges.ts';

/** Where the rows of numbers that are carried over lie. */
export function carriedSource({ parts }: Aggregate): Sources {
  const names = new Map(parts.map(({ table, carriedIn }) => [table, rowsOf(carriedIn)]));
  return (table) => names.get(table)!;
}

/**
 * Brings carried-over numbers to the owner of their bucket in the current epoch, so that the shards of an earlier epoch are
 * empty once its days are gone. First freezes the fence here; then writes the rows and a `carried` fence there, in one
 * transaction; then sets the fence here to `moved`. So a number never has two owners, and a later run can go on from any
 * step. A failure with one other shard does not stop the work with the rest.
 *
 * @returns how many have gone, and what failed
 */
export async function rehomeCarried(
  run: ShardRun,
  sessions: ShardSessions,
  map: ShardMap,
): Promise<{ readonly gone: number; readonly problems: readonly string[] }> {
  const { session } = run;
  const owners = map.epochs.at(-1)!.owners;
  const leaving = (await readFences(session)).filter(
    (range) =>
      isSingle(range) &&
      owners[range.bucket] !== session.shard &&
      ((range.state === 'carried' && range.nextOwner === null) || range.state === 'frozen'),
  );
  let gone = 0;
  const problems: string[] = [];
  for (const [target, ranges] of Map.groupBy(
    leaving,
    ({ bucket, nextOwner }) => nextOwner ?? owners[bucket]!,
  )) {
    try {
      await rehomeTo(run, sessions, target, ranges, () => (gone += 1));
    } catch (error) {
      if (error instanceof OperationLeaseLostError && error.shard === session.shard) throw error;
      problems.push(`carried numbers do not go to shard ${target}: ${reasonOf(error)}`);
    }
  }
  problems.push(...(await reclaim(run, sessions)));
  return { gone, problems };
}

async function rehomeTo(
  run: ShardRun,
  sessions: ShardSessions,
  target: number,
  ranges: readonly FenceRange[],
  went: () => void,
): Promise<void> {
  let lease: OperationLease;
  try {
    lease = await OperationLease.acquire(sessions.onShard, target, {
      holder: `retention of shard ${run.session.shard}`,
      what: 'takes over carried numbers',
    });
  } catch (error) {
    // It is tried again tomorrow.
    if (error instanceof ShardBusyError) return;
    throw error;
  }
  try {
    await sessions.onShard(target, async (other) => {
      await prepareSession(other);
      // A mover that has died there relies on the fences as it has found them: do not change them.
      if ((await findMove(other)) !== undefined) return;
      for (const { bucket, from } of ranges) if (await rehome(run, other, lease, bucket, from)) went();
    });
  } finally {
    await lease.release();
  }
}

async function rehome(
  run: ShardRun,
  other: ShardSession,
  lease: OperationLease,
  bucket: number,
  number: bigint,
): Promise<boolean> {
  const { session, aggregate } = run;
  const layout = await readLayout(session, aggregate);
  const source = carriedSource(aggregate);
  const frozen = await durably(run, async () => {
    const change: FenceChange = { state: 'frozen', nextOwner: other.shard };
    const before = await lockFencesOf(session, bucket);
    const range = before.find(({ from }) => from === number);
    if (range?.state === 'frozen') return true;
    // This shard must publish all events of the number before the other shard publishes any.
    if (range?.state !== 'carried' || !(await isSettled(run, number))) return false;
    await writeRanges(session, before, withOwnRange(before, number, change));
    return true;
  });
  if (!frozen) return false;
  const [rows] = await readAggregatesOf(session, layout, source, [number]);
  const [hold] = await session.query<SessionRow>('SELECT * FROM retention_holds WHERE number = ?', [number]);
  if (rows !== undefined) {
    await retryLockWait(() =>
      inTransaction(other, async () => {
        await lease.check(other);
        await takeIn(other, aggregate, layout, bucket, rows, hold);
      }),
    );
  }
  await durably(run, async () => {
    const before = await lockFencesOf(session, bucket);
    for (const { carriedIn } of aggregate.parts) await deleteRows(session, carriedIn, [number]);
    await deleteHold(session, number);
    await writeRanges(
      session,
      before,
      withOwnRange(before, number, { state: 'moved', nextOwner: other.shard }),
    );
  });
  return true;
}

/** Puts a number's rows on its new shard, under a `carried` fence. Safe to run again. */
async function takeIn(
  session: ShardSession,
  aggregate: Aggregate,
  layout: Layout,
  bucket: number,
  rows: AggregateRows,
  hold: SessionRow | undefined,
): Promise<void> {
  const { number } = rows;
  const before = await lockFencesOf(session, bucket);
  if (before.find(({ from }) => from === number)?.state === 'carried') return;
  await writeRanges(
    session,
    before,
    withOwnRange(before, number, {
      state: 'carried',
      nextOwner: null,
      writableFrom: number,
      readableFrom: number,
    }),
  );
  await insertAggregate(session, aggregate, layout, rows);
  if (hold !== undefined) {
    await deleteHold(session, number);
    await insertRow(session, 'retention_holds', Object.keys(hold), hold);
  }
  const [there] = await readAggregatesOf(session, layout, carriedSource(aggregate), [number]);
  if (there === undefined || hashOf(layout, there) !== hashOf(layout, rows))
    throw new DayKeptError(`number ${number} is not on shard ${session.shard} as it is where it comes from`);
}

/** Inserts a number's rows into the tables for carried-over rows. Replaces old rows of the number there. */
export async function insertAggregate(
  session: ShardSession,
  { parts }: Aggregate,
  layout: Layout,
  { number, root, children }: AggregateRows,
): Promise<void> {
  for (const [index, table] of [layout.root, ...layout.children].entries()) {
    const { carriedIn } = parts.find((part) => part.table === table.table)!;
    await deleteRows(session, carriedIn, [number]);
    const all = table.columns.map(({ name }) => name);
    for (const row of index === 0 ? [root] : (children[table.table] ?? []))
      await insertRow(session, carriedIn, all, row);
  }
}

/**
 * Joins the ranges of numbers that came here from another shard and have ended: first on that shard, whose fences say `moved`
 * to here, then here, where the numbers are expired. Returns what failed.
 */
async function reclaim(run: ShardRun, sessions: ShardSessions): Promise<readonly string[]> {
  const { session } = run;
  const fences = await readFences(session);
  const problems = new Set<string>();
  for (const ended of fences.filter((range) => isSingle(range) && range.state === 'owned')) {
    const { bucket, from: number } = ended;
    const home = withoutOwnRange(
      fences.filter((range) => range.bucket === bucket),
      number,
    ).find(({ from, to }) => from <= number && number < to)?.nextOwner;
    if (home === undefined || home === null) continue;
    try {
      if (!(await joinThere(sessions, home, session.shard, bucket, number))) continue;
    } catch (error) {
      problems.add(`shard ${home} does not take back the ranges of ended numbers: ${reasonOf(error)}`);
      continue;
    }
    await durably(run, async () => {
      const before = await lockFencesOf(session, bucket);
      await writeRanges(session, before, withoutOwnRange(before, number));
    });
  }
  return [...problems];
}

/** Joins the range on `home` of a number that has ended on another shard. Returns false while `home` moves buckets. */
function joinThere(
  sessions: ShardSessions,
  home: number,
  endedOn: number,
  bucket: number,
  number: bigint,
): Promise<boolean> {
  return sessions.onShard(home, async (other) => {
    await prepareSession(other);
    if ((await findMove(other)) !== undefined) return false;
    await retryLockWait(() =>
      inTransaction(other, async () => {
        const before = await lockFencesOf(other, bucket);
        const range = before.find(({ from }) => from === number);
        if (range === undefined || !isSingle(range) || range.state !== 'moved' || range.nextOwner !== endedOn)
          return;
        await writeRanges(other, before, withoutOwnRange(before, number));
      }),
    );
    return true;
  });
}
