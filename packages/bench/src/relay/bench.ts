import { writeFile } from 'node:fs/promises';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { median } from '../measure/statistics.ts';
import { textTable } from '../measure/table.ts';
import type { RelayContender } from './contender.ts';
import { debezium } from './debezium.ts';
import { drain } from './drain.ts';
import { floor } from './floor.ts';
import { ours } from './ours.ts';
import { plotTables, type TablesFigures } from './plot.ts';
import { openScene, type RelayScene } from './scene.ts';
import { steady, type SteadyLatency } from './steady.ts';

const PLOT = new URL('../../../../docs/benchmarks/relay.svg', import.meta.url);
const ROWS = 200_000;
const ROUNDS = 3;
const TABLES = [1, 2, 4, 8] as const;
const STEADY = { perSecond: 400, seconds: 15 };

const CONTENDERS: readonly RelayContender[] = [ours, floor, debezium('table'), debezium('shard')];

interface Backlog {
  readonly name: string;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly ownCpuUs: number;
}

/**
 * From outbox tables to Kafka: a backlog over 2 shards of 4 tables each, a steady stream, and the backlog again in fewer
 * tables. `count` is the number of rows, `rounds` that of backlogs drained by each contender.
 */
export async function run({
  count: rows = ROWS,
  rounds = ROUNDS,
  only,
  plot,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const contenders = CONTENDERS.filter(({ name }) => only === undefined || only.includes(name));
  const scene = await openScene(
    contenders.some(({ name }) => name.startsWith('debezium')),
    progress,
  );
  try {
    const backlog = await drainAll(scene, contenders, rows, rounds, progress);
    const best = bestOf(backlog, 'debezium');
    const streams = new Map<string, SteadyLatency>();
    for (const contender of contenders) {
      if (contender.name.startsWith('debezium') && contender.name !== best?.name) continue;
      progress(`steady stream: ${contender.name}`);
      streams.set(contender.name, await steady(scene, contender, STEADY));
    }
    progress('steady stream: ours, in the process that writes');
    const embedded = await steady(scene, undefined, { ...STEADY, embedded: true });
    streams.set('ours, embedded', embedded);
    const compared = contenders.filter(({ name }) => name === 'ours' || name === best?.name);
    const tables = await split(scene, compared, rows, progress);
    if (plot === true) await writeFile(PLOT, plotTables(tables));
    return describe(backlog, best, streams, tables);
  } finally {
    await scene.close();
  }
}

async function drainAll(
  scene: RelayScene,
  contenders: readonly RelayContender[],
  rows: number,
  rounds: number,
  progress: (message: string) => void,
): Promise<Backlog[]> {
  await scene.putRows(scene.places, rows);
  const seen = contenders.map(() => ({
    perSecond: [] as number[],
    seconds: [] as number[],
    cpuUs: [] as number[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const { eventsPerSecond, seconds, ownCpuUs } = await drain(scene, contender, scene.places, rows);
      progress(`round ${round + 1}: ${contender.name} ${eventsPerSecond.toFixed(0)} events/s`);
      seen[index]!.perSecond.push(eventsPerSecond);
      seen[index]!.seconds.push(seconds);
      seen[index]!.cpuUs.push(ownCpuUs);
    }
  }
  return contenders.map(({ name }, index) => ({
    name,
    eventsPerSecond: median(seen[index]!.perSecond),
    seconds: median(seen[index]!.seconds),
    ownCpuUs: median(seen[index]!.cpuUs),
  }));
}

/** The same backlog in 1, 2, 4 and 8 tables. */
async function split(
  scene: RelayScene,
  contenders: readonly RelayContender[],
  rows: number,
  progress: (message: string) => void,
): Promise<TablesFigures[]> {
  const figures: TablesFigures[] = [];
  for (const tables of TABLES) {
    const places = scene.places.slice(0, tables);
    await scene.putRows(places, rows);
    for (const contender of contenders) {
      const { eventsPerSecond } = await drain(scene, contender, places, rows);
      progress(`${tables} tables: ${contender.name} ${eventsPerSecond.toFixed(0)} events/s`);
      figures.push({ relay: contender.name, tables, eventsPerSecond });
    }
  }
  return figures;
}

function bestOf(backlog: readonly Backlog[], prefix: string): Backlog | undefined {
  return backlog
    .filter(({ name }) => name.startsWith(prefix))
    .toSorted((a, b) => b.eventsPerSecond - a.eventsPerSecond)[0];
}

function describe(
  backlog: readonly Backlog[],
  best: Backlog | undefined,
  streams: ReadonlyMap<string, SteadyLatency>,
  tables: readonly TablesFigures[],
): BenchResult {
  const rate = (name: string) => backlog.find((one) => one.name === name)?.eventsPerSecond ?? Number.NaN;
  const p99 = (name: string | undefined) => streams.get(name ?? '')?.p99 ?? Number.NaN;
  const debeziumRate = best?.eventsPerSecond ?? Number.NaN;
  return {
    table: [
      textTable(
        ['backlog', 'events/s', '÷ debezium', 's from its start', 'its own CPU µs an event'],
        backlog.map(({ name, eventsPerSecond, seconds, ownCpuUs }) => [
          name,
          eventsPerSecond.toFixed(0),
          (eventsPerSecond / debeziumRate).toFixed(2),
          seconds.toFixed(1),
          ownCpuUs.toFixed(1),
        ]),
      ),
      '',
      textTable(
        [`steady, ${STEADY.perSecond} a second`, 'p50 ms', 'p99 ms'],
        [...streams].map(([name, latency]) => [name, latency.p50.toFixed(1), latency.p99.toFixed(1)]),
      ),
      '',
      textTable(
        ['relay', 'tables', 'events/s'],
        tables.map((one) => [one.relay, String(one.tables), one.eventsPerSecond.toFixed(0)]),
      ),
    ].join('\n'),
    json: rounded({
      ours: rate('ours'),
      debezium: debeziumRate,
      debeziumBest: best?.name,
      floor: rate('floor'),
      ratioToDebezium: rate('ours') / debeziumRate,
      ratioToFloor: rate('ours') / rate('floor'),
      /** The relay as a process of its own, which has to look for news. */
      p99RatioToDebezium: p99('ours') / p99(best?.name),
      /** The relay in the process that writes, which is told. */
      embeddedP99RatioToDebezium: p99('ours, embedded') / p99(best?.name),
      steady: Object.fromEntries(streams),
      tables,
    }),
  };
}
