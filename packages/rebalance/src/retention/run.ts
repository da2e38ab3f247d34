import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadMap, openShardSessions, type ShardSessions } from '@ordershard/shard-router';
import { Archive } from '../archive/archive.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { OperatorCluster } from '../cluster.ts';
import { RebalanceError, StoppedError } from '../errors.ts';
import { ShardBusyError } from '../lease/errors.ts';
import { OperationLease } from '../lease/operation-lease.ts';
import { listPartitions, readClock } from '../sql/partitions.ts';
import { prepareSession } from '../sql/retention/prepare-session.ts';
import { forgetDays, noteKept, readDays } from '../sql/retention/retention-days.ts';
import { type Aggregate, aggregateOf } from './aggregate.ts';
import { type Day, dayOf, dayOfPartition, isoDay } from './days.ts';
import { dropDay } from './drop-day.ts';
import { dropOutboxDays, type OutboxDays } from './drop-outbox-days.ts';
import { endCarried } from './end-carried.ts';
import { makePartitionsAhead, type PartitionChanges } from './make-ahead.ts';
import { refuseMoves } from './refuse-moves.ts';
import { rehomeCarried } from './rehome.ts';
import { DEFAULT_RETENTION, type RetentionDays } from './retention-days.ts';
import { durably, type RetentionEvent, type ShardRun } from './shard-run.ts';

export interface RetentionOptions {
  readonly retention?: RetentionDays;
  /** Where days go. Without it none is dropped, unless `dropUnarchived`. */
  readonly archive?: ArchiveStore;
  /** Drop days although nothing keeps them. */
  readonly dropUnarchived?: boolean;
  /** Days, `YYYY-MM-DD`, that are archived again from what is left of them on the shards. */
  readonly archiveAgain?: readonly string[];
  /** Numbers of a shard that may outlive their day; 10,000 by default. More keep their day. */
  readonly maxCarried?: number;
  /** Who does it, for those that find a shard held. */
  readonly holder?: string;
  /** How long a shard is waited for that another holds: one that was killed holds it for a while. Milliseconds, 20,000 by default. */
  readonly patienceMs?: number;
  /** The shards; all by default. */
  readonly shards?: readonly number[];
  readonly signal?: AbortSignal;
  /** Told of each step when it is done; awaited. */
  readonly tell?: (event: RetentionEvent) => void | Promise<void>;
}

/** What retention did on a shard. */
export interface ShardRetention {
  readonly shard: number;
  readonly made: PartitionChanges;
  readonly outbox: OutboxDays;
  /** Days that are gone, `YYYY-MM-DD`. */
  readonly dropped: readonly string[];
  /** The day that could not go, and why; those after it wait for it. */
  readonly kept: readonly { readonly day: string; readonly why: string }[];
  /** Carried-over numbers that were archived, and that went to another shard. */
  readonly ended: number;
  readonly rehomed: number;
  /** Why the shard was left alone, or not finished. */
  readonly error?: string;
}

const MAX_CARRIED = 10_000;
const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 500;
/** A day's rows are read, counted and compared by single statements. */
const STATEMENT_MS = 30 * 60_000;
/** Days that are gone are told of for so long. */
const DAYS_TOLD = 400;

/**
 * The daily run: partitions ahead, days behind, on one shard after the other, each under its lease. What was ended on the
 * way by anything goes on where it was.
 *
 * @throws StoppedError when `signal` aborts; RegistryError. What fails on a shard is in its report
 */
export async function runRetention(
  cluster: OperatorCluster,
  options: RetentionOptions = {},
): Promise<readonly ShardRetention[]> {
  const aggregate = aggregateOf(cluster.tables);
  const sessions = openShardSessions(cluster.configs, { connections: 3, statementTimeoutMs: STATEMENT_MS });
  try {
    const reports: ShardRetention[] = [];
    for (const shard of options.shards ?? sessions.shards)
      reports.push(await onShard(sessions, shard, cluster, aggregate, options));
    return reports;
  } finally {
    await sessions.close();
  }
}

async function onShard(
  sessions: ShardSessions,
  shard: number,
  cluster: OperatorCluster,
  aggregate: Aggregate,
  options: RetentionOptions,
): Promise<ShardRetention> {
  const { retention = DEFAULT_RETENTION, archive, dropUnarchived = false } = options;
  const report = {
    shard,
    made: {},
    outbox: { dropped: {}, kept: [] } as OutboxDays,
    dropped: [] as string[],
    kept: [] as { day: string; why: string }[],
    ended: 0,
    rehomed: 0,
  };
  let lease: OperationLease | undefined;
  try {
    lease = await leaseOf(sessions, shard, options);
    const held = lease;
    // Only now that no move of this shard's buckets can end and change it.
    const map = await loadMap(sessions.shards, cluster.clusterId, sessions.onShard);
    await sessions.onShard(shard, async (session) => {
      const run: ShardRun = {
        session,
        beside: (fn) => sessions.onShard(shard, fn),
        lease: held,
        aggregate,
        bucketCount: map.bucketCount,
        archive: archive === undefined ? undefined : new Archive(archive, cluster.clusterId),
        maxCarried: options.maxCarried ?? MAX_CARRIED,
        archiveAgain: new Set(options.archiveAgain),
        tell: async (event) => {
          await options.tell?.({ shard, ...event });
          if (options.signal?.aborted === true) throw new StoppedError('stopped: run it again, it goes on');
        },
      };
      report.made = await makePartitionsAhead(session, cluster.tables, run.beside);
      await prepareSession(session);
      const today = dayOf(await readClock(session));
      report.outbox = await dropOutboxDays(run, today - retention.outbox);
      if (archive === undefined && !dropUnarchived) return;
      await refuseMoves(session);
      await dropDays(run, today - retention.rows, report);
      report.ended = await endCarried(run);
      report.rehomed = await rehomeCarried(run, sessions, map);
      await durably(run, () => forgetDays(session, isoDay(today - DAYS_TOLD)));
    });
    return report;
  } catch (error) {
    if (error instanceof StoppedError || !(error instanceof RebalanceError || isOfRouter(error))) throw error;
    return { ...report, error: error.message };
  } finally {
    await lease?.release();
  }
}

/** Takes the lease of a shard, and waits for it as long as may be. @throws ShardBusyError */
async function leaseOf(
  sessions: ShardSessions,
  shard: number,
  { holder, patienceMs = PATIENCE_MS, signal }: RetentionOptions,
): Promise<OperationLease> {
  const end = performance.now() + patienceMs;
  const who = holder ?? `${userInfo().username}@${hostname()}:${process.pid} ${randomUUID().slice(0, 8)}`;
  for (;;) {
    try {
      return await OperationLease.acquire(sessions.onShard, shard, { holder: who, what: 'retention' });
    } catch (error) {
      if (!(error instanceof ShardBusyError) || performance.now() > end) throw error;
    }
    await sleep(LOOK_AGAIN_MS);
    if (signal?.aborted === true) throw new StoppedError('stopped while it waited for the shard');
  }
}

/** Errors of the router have a code too: a shard that is down takes no other with it. */
function isOfRouter(error: unknown): error is Error {
  return (error as { code?: unknown }).code?.toString().startsWith('ROUTER_') === true;
}

async function dropDays(
  run: ShardRun,
  before: Day,
  report: { readonly dropped: string[]; readonly kept: { day: string; why: string }[] },
): Promise<void> {
  for (const day of await daysToDrop(run, before)) {
    try {
      await dropDay(run, day);
      report.dropped.push(isoDay(day));
    } catch (error) {
      if (!(error instanceof RebalanceError) || error instanceof StoppedError) throw error;
      if (error.code === 'REBALANCE_LEASE_LOST') throw error;
      await durably(run, () => noteKept(run.session, isoDay(day), error.message));
      report.kept.push({ day: isoDay(day), why: error.message });
      await run.tell({ day: isoDay(day), step: 'kept', detail: error.message });
      return;
    }
  }
}

/** The days before `before` that have a partition, and those that are archived and not gone; oldest first. */
export async function daysToDrop(
  { session, aggregate }: Pick<ShardRun, 'session' | 'aggregate'>,
  before: Day,
): Promise<readonly Day[]> {
  const days = new Set<Day>();
  for (const { table } of aggregate.parts) {
    for (const { name } of await listPartitions(session, table)) {
      const day = dayOfPartition(name);
      if (day !== undefined && day < before) days.add(day);
    }
  }
  for (const { day, step } of await readDays(session))
    if (step === 'archived' || step === 'detached') days.add(dayOf(Date.parse(`${day}T00:00:00Z`)));
  return [...days].toSorted((a, b) => a - b);
}
