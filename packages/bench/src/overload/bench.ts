import { readFile } from 'node:fs/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Load } from '../api/load.ts';
import { OrderApi } from '../api/order-api.ts';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { percentile } from '../measure/percentile.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { OpenLoad, type Outcome } from './open-load.ts';

/** Callers with whom the most is looked for. */
const CALLERS = [16, 32, 64, 96];
const ROUNDS = 3;
const ROUND_MS = 4_000;
/** The share of the most that is an ordinary load. */
const ORDINARY = 0.5;
const ORDINARY_MS = 20_000;
const TIMES = 10;
const OVERLOAD_MS = 120_000;
/** Seconds between two reports of progress. */
const SLICE_S = 10;
const CONNECTIONS = 4_000;
/** After the overload, the latency of each of these is compared with the ordinary one. */
const WINDOW_MS = 500;
const WINDOWS = 40;
/** Up to this many times the ordinary latency is normal. */
const NORMAL = 1.5;
const MEBIBYTE = 1_048_576;

/**
 * Ten times the orders that one instance of the API carries, for two minutes (`count` seconds): how many it goes on to
 * take, what memory that needs, and when it answers as ever afterwards.
 */
export async function run({
  count = OVERLOAD_MS / 1_000,
  rounds = ROUNDS,
  callers = CALLERS,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const orders = await OrderApi.start(progress);
  let load: OpenLoad | undefined;
  try {
    const most = await theMost(orders, { rounds, callers, progress });
    progress(`the most: ${most.toFixed(0)} orders a second`);
    load = await OpenLoad.open({
      port: orders.api.port,
      request: () => orders.placing(),
      connections: CONNECTIONS,
    });
    const rowsBefore = await countOrders(orders);
    const before = await load.offer(most * ORDINARY, ORDINARY_MS);
    progress('ten times as many');
    const memory: number[] = [await residentMiB(orders.api.pid)];
    const sampler = setInterval(
      () => void residentMiB(orders.api.pid).then((mebibytes) => memory.push(mebibytes)),
      1_000,
    );
    const slices = await offerInSlices(load, most * TIMES, count, progress).finally(() =>
      clearInterval(sampler),
    );
    const over = merged(slices);
    const backMs = await untilNormal(load, most * ORDINARY, before);
    await load.drained();
    const rows = (await countOrders(orders)) - rowsBefore;
    if (rows < load.acknowledged)
      throw new Error(`${load.acknowledged} orders were acknowledged, and ${rows} are there`);
    const half = Math.ceil(memory.length / 2);
    const figures = {
      most,
      seconds: count,
      offered: over.offered / over.seconds,
      timesOffered: over.offered / over.seconds / most,
      taken: over.taken / over.seconds,
      goodputRatio: over.taken / over.seconds / most,
      refused: over.refused / over.seconds,
      unsent: over.unsent / over.seconds,
      failed: over.failed,
      acknowledged: load.acknowledged,
      rows,
      ordinary: latencyOf(before),
      overload: latencyOf(over),
      slices: slices.map((slice) => ({ taken: slice.taken / slice.seconds, ...latencyOf(slice) })),
      backToNormalMs: backMs,
      memoryMiB: {
        before: memory[0]!,
        firstHalf: Math.max(...memory.slice(0, half)),
        secondHalf: Math.max(...memory.slice(half)),
      },
    };
    return { table: tableOf(figures), json: rounded(figures) };
  } finally {
    load?.close();
    await orders.close();
  }
}

/** Orders a second, with as many callers as get the most done. */
async function theMost(
  orders: OrderApi,
  { rounds, callers, progress }: Required<Pick<BenchOptions, 'rounds' | 'callers' | 'progress'>>,
): Promise<number> {
  let most = 0;
  for (const connections of callers) {
    const load = await Load.open(orders.api.port, connections, 201);
    try {
      await load.round(ROUND_MS, () => orders.placing());
      const rates: number[] = [];
      for (let round = 0; round < rounds; round += 1)
        rates.push(await load.round(ROUND_MS, () => orders.placing()));
      const rate = percentile(rates, 0.5);
      progress(`${connections} callers: ${rate.toFixed(0)} orders a second`);
      most = Math.max(most, rate);
    } finally {
      load.close();
    }
  }
  return most;
}

/** Offers orders for some seconds. Returns what became of them, in slices of ten seconds each. */
async function offerInSlices(
  load: OpenLoad,
  perSecond: number,
  seconds: number,
  progress: (message: string) => void,
): Promise<Outcome[]> {
  const slices: Outcome[] = [];
  for (let left = seconds; left > 0; left -= SLICE_S) {
    const slice = await load.offer(perSecond, Math.min(left, SLICE_S) * 1_000);
    slices.push(slice);
    const { p50Ms, p99Ms } = latencyOf(slice);
    progress(
      `${(slice.taken / slice.seconds).toFixed(0)} orders a second, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
    );
  }
  return slices;
}

function merged(slices: readonly Outcome[]): Outcome {
  const sum = (of: (slice: Outcome) => number) => slices.reduce((total, slice) => total + of(slice), 0);
  return {
    seconds: sum(({ seconds }) => seconds),
    offered: sum(({ offered }) => offered),
    unsent: sum(({ unsent }) => unsent),
    taken: sum(({ taken }) => taken),
    refused: sum(({ refused }) => refused),
    failed: sum(({ failed }) => failed),
    latencies: slices.flatMap(({ latencies }) => latencies),
  };
}

/** Goes on with an ordinary load. Returns how long its answers were late, milliseconds; undefined when they stayed late. */
async function untilNormal(load: OpenLoad, perSecond: number, before: Outcome): Promise<number | undefined> {
  const normal = latencyOf(before);
  for (let window = 0; window < WINDOWS; window += 1) {
    const outcome = await load.offer(perSecond, WINDOW_MS);
    const { p50Ms, p99Ms } = latencyOf(outcome);
    const taken = outcome.taken / outcome.offered;
    if (taken > 0.95 && p50Ms <= normal.p50Ms * NORMAL && p99Ms <= normal.p99Ms * NORMAL)
      return window * WINDOW_MS;
  }
  return undefined;
}

function latencyOf({ latencies }: Outcome) {
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
}

/** Orders on all shards. */
async function countOrders({ stack }: OrderApi): Promise<number> {
  let count = 0;
  for (const uri of stack.env['ORDERSHARD_MYSQL_URLS']!.split(',')) {
    const connection = await createConnection({ uri });
    const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS orders FROM orders');
    count += Number(rows[0]!['orders']);
    await connection.end();
  }
  return count;
}

/** Memory of a process, as the system counts it. */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return (Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1_024) / MEBIBYTE;
}

function tableOf(figures: {
  most: number;
  offered: number;
  taken: number;
  refused: number;
  ordinary: { p50Ms: number; p99Ms: number };
  overload: { p50Ms: number; p99Ms: number };
  goodputRatio: number;
  backToNormalMs: number | undefined;
  memoryMiB: { before: number; firstHalf: number; secondHalf: number };
}): string {
  const { most, offered, taken, refused, ordinary, overload, memoryMiB } = figures;
  const whole = (value: number) => value.toFixed(0);
  return [
    textTable(
      ['orders a second', 'offered', 'taken', 'refused', 'p50 ms', 'p99 ms'],
      [
        ['ordinary', whole(most * ORDINARY), '', '', ordinary.p50Ms.toFixed(1), ordinary.p99Ms.toFixed(1)],
        [
          'overload',
          whole(offered),
          whole(taken),
          whole(refused),
          overload.p50Ms.toFixed(1),
          overload.p99Ms.toFixed(1),
        ],
      ],
    ),
    '',
    `goodput: ${figures.goodputRatio.toFixed(2)} of the most (${whole(most)} a second)`,
    `normal again after ${figures.backToNormalMs ?? 'never'} ms`,
    `memory, MiB: ${whole(memoryMiB.before)} before, ${whole(memoryMiB.firstHalf)} in the first half, ${whole(memoryMiB.secondHalf)} in the second`,
  ].join('\n');
}
