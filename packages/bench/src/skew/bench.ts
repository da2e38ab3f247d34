import { createNamespace, startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { median } from '../measure/statistics.ts';
import { textTable } from '../measure/table.ts';
import type { ContenderName } from './contenders.ts';
import { round } from './round.ts';

const PER_SECOND = 300;
const SECONDS = 10;
const ROUNDS = 3;

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

interface Compared {
  /** Of the other orders, milliseconds: medians over the rounds. */
  readonly without: Latency;
  readonly with: Latency;
  /** Median of the rounds' ratios. */
  readonly p99Ratio: number;
}

/**
 * What one order with half of all events does to the others, where a slow handler writes the views: ours, and a consumer
 * that handles batch by batch. `count` is the number of events a second of the other orders.
 */
export async function run({
  count: perSecond = PER_SECOND,
  rounds = ROUNDS,
  only = ['ours', 'batchByBatch'],
  progress,
}: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({ ephemeral: true, parts: ['kafka', 'mongodb'], onProgress: progress });
  try {
    const { env } = await createNamespace(stack, 'bench');
    const brokers = env['ORDERSHARD_KAFKA_BROKERS']!.split(',');
    const mongoUrl = env['ORDERSHARD_MONGODB_URL']!;
    const compare = async (contender: ContenderName): Promise<Compared> => {
      const found = { without: [] as Latency[], with: [] as Latency[] };
      for (let i = 0; i < rounds; i += 1) {
        for (const flood of i % 2 === 0 ? [false, true] : [true, false]) {
          const latency = latencyOf(
            await round({ brokers, mongoUrl, contender, flood, perSecond, seconds: SECONDS }),
          );
          progress(`${contender} ${flood ? 'with' : 'without'}: p99 ${latency.p99.toFixed(0)} ms`);
          found[flood ? 'with' : 'without'].push(latency);
        }
      }
      return {
        without: middle(found.without),
        with: middle(found.with),
        p99Ratio: median(found.with.map(({ p99 }, i) => p99 / found.without[i]!.p99)),
      };
    };
    const results: Partial<Record<ContenderName, Compared>> = {};
    for (const name of ['ours', 'batchByBatch'] as const) {
      if (only.includes(name)) results[name] = await compare(name);
    }
    const json = { perSecond, seconds: SECONDS, rounds, p99Ratio: results.ours?.p99Ratio, ...results };
    return { table: tableOf(results), json: rounded(json) };
  } finally {
    await stack.stop();
  }
}

function latencyOf(latencies: readonly number[]): Latency {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p99: at(0.99) };
}

function middle(some: readonly Latency[]): Latency {
  return { p50: median(some.map(({ p50 }) => p50)), p99: median(some.map(({ p99 }) => p99)) };
}

function tableOf(results: Partial<Record<ContenderName, Compared>>): string {
  return textTable(
    ['the other orders', 'p50 ms', 'p99 ms', 'p50 with', 'p99 with', 'p99 ratio'],
    Object.entries(results).map(([name, compared]) => [
      name,
      ...[compared.without.p50, compared.without.p99, compared.with.p50, compared.with.p99].map((ms) =>
        ms.toFixed(0),
      ),
      compared.p99Ratio.toFixed(2),
    ]),
  );
}
