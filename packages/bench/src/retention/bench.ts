import { setTimeout as sleep } from 'node:timers/promises';
import { type RetentionEvent, runRetention } from '@ordershard/rebalance';
import { openShardSessions, type ShardSession, withShardSessions } from '@ordershard/shard-router';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { type Call, PacedLoad } from '../isolation/paced-load.ts';
import { figuresOf, type Window } from '../isolation/window.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { OrderMaker } from '../write/orders.ts';
import { unitOf } from '../write/contenders/ours.ts';
import { DELETED, DROPPED, numbersOf, openScene, type RetentionScene } from './scene.ts';

const COUNT = 1_000_000;
/** Orders that are placed, and read again, in a second. */
const RATE = 100;
const MINUTE_MS = 60_000;
/** Rows that one DELETE takes: what a careful team would choose. */
const DELETE_BATCH = 1_000;
/** In which the server writes back what deleting has changed. */
const SETTLE_MS = 5_000;

/**
 * A day that is taken off a shard by retention, against deleting its rows in batches; what callers notice in the minute
 * in which it goes, and with a transaction in the way that reads the tables and does not end.
 */
export async function run({ count = COUNT, mysql, progress }: BenchOptions): Promise<BenchResult> {
  const windowMs = count < 100_000 ? 15_000 : MINUTE_MS;
  const scene = await openScene(count, mysql, progress);
  try {
    progress('deleting a day in batches');
    const deleteMs = await deleteDay(scene, progress);
    await sleep(SETTLE_MS);
    const load = foreground(scene);
    try {
      progress('a quiet minute');
      const before = await windowOf(windowMs);
      progress('archiving and dropping a day');
      const taken = await dropDay(scene, windowMs, progress);
      progress('a transaction that reads and does not end');
      const blocked = await withReader(scene, () => windowAround(() => retain(scene)));
      await load.stop();
      return resultOf(count, load.calls, { before, taken, blocked, deleteMs });
    } finally {
      await load.stop();
    }
  } finally {
    await scene.close();
  }
}

/** Places orders and reads each again, at a fixed rate. */
function foreground({ router }: RetentionScene): PacedLoad {
  const maker = new OrderMaker(router, 'bench', 1);
  return new PacedLoad(RATE, async () => {
    const order = maker.make();
    await router.write({ number: order.number, key: order.keyText, fresh: true }, (scope) =>
      unitOf(order, scope),
    );
    await router.readRows(order.number, {
      sql: 'SELECT version, status FROM orders WHERE number = ?',
      values: [order.number],
    });
  });
}

async function windowOf(ms: number): Promise<Window> {
  const from = performance.now();
  await sleep(ms);
  return { from, to: performance.now() };
}

async function windowAround(work: () => Promise<unknown>): Promise<Window> {
  const from = performance.now();
  await work();
  return { from, to: performance.now() };
}

/** What went on while a day was archived, and in the minute in which it was dropped. */
interface Taken {
  readonly archiving: Window;
  readonly minute: Window;
  /** From the archive's being there to the last table's being gone. */
  readonly dropMs: number;
  /** Of that, up to each step from the one before. */
  readonly stepsMs: Readonly<Record<string, number>>;
}

/** Archives a day; a while later, in the middle of a minute that is watched, it is dropped. */
async function dropDay(
  scene: RetentionScene,
  windowMs: number,
  progress: (message: string) => void,
): Promise<Taken> {
  const stepsMs: Record<string, number> = {};
  const from = performance.now();
  let archivedAt = 0;
  let releasedAt = 0;
  let stepAt = 0;
  const [report] = await retain(scene, async ({ step, detail }) => {
    progress(`${step} ${detail ?? ''}`);
    if (step === 'archived') {
      archivedAt = performance.now();
      await sleep(windowMs / 2);
      releasedAt = performance.now();
    } else if (archivedAt > 0) {
      const name = step === 'exchanged' ? `${step} ${detail}` : step;
      stepsMs[name] = performance.now() - stepAt;
    }
    stepAt = performance.now();
  });
  if (report!.dropped.length !== 1) throw new Error(`the day was not dropped: ${JSON.stringify(report)}`);
  const dropMs = stepAt - releasedAt;
  await sleep(Math.max(0, windowMs / 2 - dropMs));
  return {
    archiving: { from, to: archivedAt },
    minute: { from: archivedAt, to: performance.now() },
    dropMs,
    stepsMs,
  };
}

function retain(scene: RetentionScene, tell?: (event: RetentionEvent) => Promise<void>) {
  // The other day's partition is left for the reader to stand in the way of.
  return runRetention(scene.cluster, {
    archive: scene.archive,
    retention: { rows: tell === undefined ? DELETED - 1 : DROPPED - 1, outbox: 7 },
    ...(tell === undefined ? {} : { tell }),
  });
}

/** Runs `work` while a transaction holds the tables that it has read. */
async function withReader<T>({ shards }: RetentionScene, work: () => Promise<T>): Promise<T> {
  const sessions = openShardSessions(shards);
  try {
    return await sessions.onShard(0, async (session) => {
      await session.execute('START TRANSACTION');
      for (const table of ['orders', 'order_items', 'applied_units'])
        await session.query(`SELECT 1 AS one FROM ${table} LIMIT 1`);
      try {
        return await work();
      } finally {
        await session.execute('COMMIT');
      }
    });
  } finally {
    await sessions.close();
  }
}

/** Deletes a day's rows as it would be done without partitions, and gives how long it took in milliseconds. */
async function deleteDay({ shards }: RetentionScene, progress: (message: string) => void): Promise<number> {
  const { first, next } = numbersOf(DELETED);
  const from = performance.now();
  await withShardSessions(shards, async (session) => {
    await session.execute('SET @ordershard_bucket = -1');
    for (const table of ['order_items', 'applied_units', 'orders']) {
      await deleteRows(session, table, first, next);
      progress(`${table} after ${Math.round((performance.now() - from) / 1_000)} s`);
    }
    await session.execute('SET @ordershard_bucket = NULL');
  });
  return performance.now() - from;
}

async function deleteRows(session: ShardSession, table: string, first: bigint, next: bigint): Promise<void> {
  for (;;) {
    const { affectedRows } = await session.execute(
      `DELETE FROM ${table} WHERE number >= ? AND number < ? ORDER BY number LIMIT ${DELETE_BATCH}`,
      [first, next],
    );
    if (affectedRows < DELETE_BATCH) return;
  }
}

interface Measured {
  readonly before: Window;
  readonly taken: Taken;
  readonly blocked: Window;
  readonly deleteMs: number;
}

function resultOf(
  count: number,
  calls: readonly Call[],
  { before, taken, blocked, deleteMs }: Measured,
): BenchResult {
  const of = (window: Window) => ({ ...figuresOf([calls], window), longestMs: longestOf(calls, window) });
  const [quiet, archiving, minute, reader] = [before, taken.archiving, taken.minute, blocked].map(of);
  const failed =
    quiet!.failed.length + archiving!.failed.length + minute!.failed.length + reader!.failed.length;
  const json = rounded({
    orders: count,
    deleteMs,
    dropMs: taken.dropMs,
    ratioToDelete: deleteMs / taken.dropMs,
    dropStepsMs: taken.stepsMs,
    p99Ratio: minute!.p99Ms / quiet!.p99Ms,
    maxStallMs: minute!.longestMs,
    p99Ms: {
      before: quiet!.p99Ms,
      minute: minute!.p99Ms,
      archiving: archiving!.p99Ms,
      withReader: reader!.p99Ms,
    },
    maxStallQuietMs: quiet!.longestMs,
    maxStallArchivingMs: archiving!.longestMs,
    maxStallWithReaderMs: reader!.longestMs,
    archiveSeconds: (taken.archiving.to - taken.archiving.from) / 1_000,
    failed,
  });
  const ms = (value: number) => value.toFixed(1);
  const table = [
    textTable(
      [`a day of ${count} orders`, 'ms'],
      [
        ['deleted in batches of 1,000', ms(deleteMs)],
        ['dropped: exchanged, checked, gone', ms(taken.dropMs)],
      ],
    ),
    Object.entries(taken.stepsMs)
      .map(([step, took]) => `${step} ${ms(took)}`)
      .join(', '),
    `${(deleteMs / taken.dropMs).toFixed(0)} times as fast; archived before that in ${json.archiveSeconds} s`,
    '',
    textTable(
      ['100 orders/s, placed and read', 'p99 ms', 'longest ms'],
      [
        ['before', ms(quiet!.p99Ms), ms(quiet!.longestMs)],
        ['while it is archived', ms(archiving!.p99Ms), ms(archiving!.longestMs)],
        ['the minute in which it is dropped', ms(minute!.p99Ms), ms(minute!.longestMs)],
        ['with a reader in the way', ms(reader!.p99Ms), ms(reader!.longestMs)],
      ],
    ),
    `failed calls: ${failed}`,
  ].join('\n');
  return { table, json };
}

function longestOf(calls: readonly Call[], { from, to }: Window): number {
  return Math.max(
    0,
    ...calls
      .filter(({ endedAt }) => endedAt >= from && endedAt < to)
      .map(({ startedAt, endedAt }) => endedAt - startedAt),
  );
}
