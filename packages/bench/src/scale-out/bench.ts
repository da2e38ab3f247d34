import { writeFile } from 'node:fs/promises';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { cpuMsOf, ownCpuMs } from '../measure/cpu.ts';
import { rounded } from '../measure/rounded.ts';
import { median } from '../measure/statistics.ts';
import { textTable } from '../measure/table.ts';
import { openWriteCluster, type WriteCluster } from '../write/cluster.ts';
import type { OpenContender } from '../write/contender.ts';
import { chooseContender } from '../write/contenders.ts';
import { plotScaleOut, type ScaleFigures } from './plot.ts';
import { OrderMaker } from '../write/orders.ts';
import { Runner } from '../write/rounds.ts';
import { emptyTables, verifyRows } from '../write/verify.ts';

const PLOT = new URL('../../../../docs/benchmarks/scale-out.svg', import.meta.url);
const SHARDS = [1, 2, 4] as const;
const CALLERS_PER_SHARD = 64;
const ROUNDS = 12;
const ROUND_MS = 1_000;

/** A cluster with what was measured on it so far. CPU time is that of this process and of its servers. */
interface Rig {
  readonly cluster: WriteCluster;
  readonly runner: Runner;
  readonly perSecond: number[];
  orders: number;
  ownCpuMs: number;
  serverCpuMs: number;
}

/** Placing orders on 1, 2 and 4 servers with as many callers for each: orders a second, and CPU time an order. */
export async function run({
  rounds = ROUNDS,
  only,
  mysql,
  plot,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const open = chooseContender(only, 'floor');
  const rigs: Rig[] = [];
  try {
    for (const shards of SHARDS) {
      rigs.push(await openRig(open, { shards, ...(mysql === undefined ? {} : { mysql }), progress }));
    }
    for (const { cluster, runner } of rigs) await runner.round(callersOf(cluster), ROUND_MS);
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}`);
      for (const rig of rigs) await playRound(rig);
    }
    for (const { cluster, runner } of rigs) {
      const { name } = runner.contender;
      await verifyRows(cluster, [{ name, acknowledged: runner.acknowledged, keyed: true }]);
    }
    const figures = rigs.map(figuresOf);
    if (plot === true) await writeFile(PLOT, plotScaleOut(figures));
    return describe(rigs[0]!.runner.contender.name, figures);
  } finally {
    for (const { cluster, runner } of rigs) {
      await runner.contender.close();
      await cluster.close();
    }
  }
}

async function openRig(open: OpenContender, options: Parameters<typeof openWriteCluster>[0]): Promise<Rig> {
  const cluster = await openWriteCluster(options);
  try {
    await emptyTables(cluster);
    const contender = await open(cluster, { work: 'fenced' });
    const runner = new Runner(contender, new OrderMaker(cluster.router, contender.name, options.shards));
    return { cluster, runner, perSecond: [], orders: 0, ownCpuMs: 0, serverCpuMs: 0 };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

function callersOf({ shards }: WriteCluster): number {
  return shards.length * CALLERS_PER_SHARD;
}

async function playRound(rig: Rig): Promise<void> {
  const { cluster, runner } = rig;
  const serversCpuMs = () => cluster.serverPids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  runner.prepare(callersOf(cluster));
  const before = { own: ownCpuMs(), servers: serversCpuMs() };
  const { orders, perSecond } = await runner.play(callersOf(cluster), ROUND_MS);
  rig.ownCpuMs += ownCpuMs() - before.own;
  rig.serverCpuMs += serversCpuMs() - before.servers;
  rig.orders += orders;
  rig.perSecond.push(perSecond);
}

function figuresOf(rig: Rig): ScaleFigures {
  return {
    shards: rig.cluster.shards.length,
    ordersPerSecond: median(rig.perSecond),
    cpuMsPerOrder: (rig.ownCpuMs + rig.serverCpuMs) / rig.orders,
    clientCpuMsPerOrder: rig.ownCpuMs / rig.orders,
    serverCpuMsPerOrder: rig.serverCpuMs / rig.orders,
  };
}

function describe(contender: string, figures: readonly ScaleFigures[]): BenchResult {
  const [first, last] = [figures[0]!, figures.at(-1)!];
  return {
    table: textTable(
      ['servers', 'orders/s', 'CPU ms an order', 'of it here', 'of it there'],
      figures.map(({ shards, ordersPerSecond, ...cpu }) => [
        String(shards),
        ordersPerSecond.toFixed(0),
        cpu.cpuMsPerOrder.toFixed(3),
        cpu.clientCpuMsPerOrder.toFixed(3),
        cpu.serverCpuMsPerOrder.toFixed(3),
      ]),
    ),
    json: rounded({
      contender,
      callersPerShard: CALLERS_PER_SHARD,
      shards: Object.fromEntries(figures.map(({ shards, ...rest }) => [shards, rest])),
      /** Orders a second on the most servers ÷ those on one. */
      growth: last.ordersPerSecond / first.ordersPerSecond,
      /** CPU time an order on the most servers ÷ that on one. */
      cpuGrowth: last.cpuMsPerOrder / first.cpuMsPerOrder,
    }),
  };
}
