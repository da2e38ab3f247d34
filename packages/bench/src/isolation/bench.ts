import { withShardSessions } from '@ordershard/shard-router';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { callersRound } from '../measure/interleaved.ts';
import { median, medianInterval } from '../measure/statistics.ts';
import { textTable } from '../measure/table.ts';
import { type IsolationCluster, LIMITS, openCluster } from './cluster.ts';
import { type Fault, FAULTS } from './fault.ts';
import { PacedLoad } from './paced-load.ts';
import { playRound, type RoundFigures } from './round.ts';
import { countByCode } from './window.ts';

const ROUNDS = 5;
const SHARDS = [0, 1, 2];
const CALIBRATION_MS = 2_000;
/**
 * The share of what all shards together can take that the run offers: so low that a dead shard frees nothing that was short.
 */
const LOAD = 0.4;

/** Measures what a failing shard does to the callers of the other shards, and when it is used again. */
export async function run({ rounds = ROUNDS, progress }: BenchOptions): Promise<BenchResult> {
  const cluster = await openCluster(progress);
  try {
    const perSecond = await offeredRate(cluster);
    progress(`${perSecond} transactions per second are offered to each shard`);
    const acknowledged = SHARDS.map(() => new Set<string>());
    const loads = SHARDS.map(
      (shard) =>
        new PacedLoad(perSecond, async () => acknowledged[shard]!.add(String(await cluster.write(shard)))),
    );
    const played = new Map<Fault, RoundFigures[]>(FAULTS.map((fault) => [fault, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const fault of FAULTS) {
        const victim = round % SHARDS.length;
        progress(`round ${round + 1}, shard ${victim}: ${fault.name}`);
        played.get(fault)!.push(await playRound(cluster, loads, fault, victim));
      }
    }
    await Promise.all(loads.map((load) => load.stop()));
    const lost = await countLost(cluster, acknowledged);
    const figures = [...played].map(([fault, each]) => [fault.name, summary(each)] as const);
    return {
      table: describe(figures, perSecond, lost),
      json: {
        ...Object.fromEntries(figures),
        offeredPerSecond: perSecond,
        limitMs: LIMITS.queueTimeoutMs + LIMITS.statementTimeoutMs,
        lost,
        rounds,
      },
    };
  } finally {
    await cluster.close();
  }
}

/** A rate for each shard that lies well below what the three take together when they are driven as hard as they go. */
async function offeredRate(cluster: IsolationCluster): Promise<number> {
  const most = callersRound(24, CALIBRATION_MS, (caller) => cluster.write(caller % SHARDS.length));
  await most(); // Warms up.
  return Math.max(1, Math.floor(((await most()) / SHARDS.length) * LOAD));
}

/** Writes that were acknowledged and are not there. */
async function countLost(
  { shards }: IsolationCluster,
  acknowledged: readonly ReadonlySet<string>[],
): Promise<number> {
  const missing = await withShardSessions(shards, async (session) => {
    const rows = await session.query<{ number: string }>('SELECT number FROM bench_rows');
    const there = new Set(rows.map(({ number }) => number));
    return [...acknowledged[session.shard]!].filter((number) => !there.has(number)).length;
  });
  return missing.reduce((sum, count) => sum + count, 0);
}

interface FaultFigures {
  readonly survivorsRatio: number;
  readonly ci: readonly [number, number];
  readonly ratios: readonly number[];
  readonly survivorsP99Ms: { readonly before: number; readonly during: number };
  /** Failed calls of the other shards, by code. */
  readonly survivorsErrors: Record<string, number>;
  /** Failed calls of the struck shard, by code. */
  readonly errors: Record<string, number>;
  readonly notRetryable: Record<string, number>;
  readonly maxErrorMs: number;
  /** The longest of the rounds. */
  readonly backMs: number;
}

function summary(rounds: readonly RoundFigures[]): FaultFigures {
  const ratios = rounds.map(({ survivorsRatio }) => survivorsRatio);
  const failed = rounds.flatMap((round) => round.failed);
  const { low, high } = medianInterval(ratios);
  return {
    survivorsRatio: median(ratios),
    ci: [low, high],
    ratios,
    survivorsP99Ms: {
      before: median(rounds.map(({ survivorsP99Ms }) => survivorsP99Ms.before)),
      during: median(rounds.map(({ survivorsP99Ms }) => survivorsP99Ms.during)),
    },
    survivorsErrors: countByCode(rounds.flatMap((round) => round.survivorsFailed)),
    errors: countByCode(failed),
    notRetryable: countByCode(
      failed.filter(({ error }) => (error as { retryable?: boolean }).retryable !== true),
    ),
    maxErrorMs: Math.max(0, ...failed.map(({ startedAt, endedAt }) => endedAt - startedAt)),
    backMs: Math.max(...rounds.map(({ backMs }) => backMs)),
  };
}

function describe(
  figures: readonly (readonly [string, FaultFigures])[],
  perSecond: number,
  lost: number,
): string {
  const errorsOf = (errors: Record<string, number>) =>
    Object.entries(errors)
      .map(([code, count]) => `${count} ${code}`)
      .join(', ') || 'none';
  return [
    textTable(
      ['', 'survivors', '95 % interval', 'p99 before', 'during', 'slowest error', 'back after'],
      figures.map(([name, { survivorsRatio, ci, survivorsP99Ms: p99, maxErrorMs, backMs }]) => [
        name,
        survivorsRatio.toFixed(3),
        `${ci[0].toFixed(3)} to ${ci[1].toFixed(3)}`,
        `${p99.before.toFixed(1)} ms`,
        `${p99.during.toFixed(1)} ms`,
        `${maxErrorMs.toFixed(0)} ms`,
        `${backMs.toFixed(0)} ms`,
      ]),
    ),
    '',
    ...figures.flatMap(([name, { errors, survivorsErrors }]) => [
      `${name}: errors of the struck shard's callers: ${errorsOf(errors)}`,
      `${name}: errors of the others' callers: ${errorsOf(survivorsErrors)}`,
    ]),
    '',
    `survivors: throughput of the other two shards during the fault ÷ before it, ${perSecond} transactions per second offered to each`,
    `acknowledged writes that are missing: ${lost}`,
  ].join('\n');
}
