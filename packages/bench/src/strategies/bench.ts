import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { textTable } from '../measure/table.ts';
import { type BalanceFigures, measureBalance } from './balance.ts';
import { type DecisionFigures, measureDecisions } from './decision.ts';
import { type FailureFigures, measureFailure } from './failure.ts';
import { type GrowthFigures, measureGrowth } from './growth.ts';
import { lunchPeakedDay } from './keys.ts';
import { plotStrategies } from './plot.ts';

const PLOT = new URL('../../../../docs/benchmarks/strategies.svg', import.meta.url);
const DAY_MS = Date.UTC(2026, 4, 13);
const ORDERS = 200_000;
const SHARDS = 4;
const DECISION_ROUNDS = 30;

/** The three strategies on the same orders: balance, cost of growth, failure of a directory's store, time to decide. */
export async function run({ rounds = DECISION_ROUNDS, progress }: BenchOptions): Promise<BenchResult> {
  progress('making three days of orders');
  const [before, day, after] = [-1, 0, 1].map((days) =>
    lunchPeakedDay(DAY_MS + days * 86_400_000, ORDERS, days + 2),
  ) as [
    ReturnType<typeof lunchPeakedDay>,
    ReturnType<typeof lunchPeakedDay>,
    ReturnType<typeof lunchPeakedDay>,
  ];
  const numbers = day.map(({ number }) => number);
  progress('balance');
  const balance = await measureBalance(day, before, SHARDS);
  progress('growth');
  const growth = [...(await measureGrowth(day, after, 2)), ...(await measureGrowth(day, after, 4))];
  progress('failure');
  const failure = await measureFailure(numbers, SHARDS);
  progress('time to decide');
  const decisions = await measureDecisions(numbers, SHARDS, rounds);
  await mkdir(new URL('.', PLOT), { recursive: true });
  await writeFile(PLOT, plotStrategies(balance, growth));
  progress(`wrote ${fileURLToPath(PLOT)}`);
  return {
    table: [
      `${ORDERS} orders a day, ${SHARDS} shards`,
      '',
      balanceTable(balance),
      '',
      growthTable(growth),
      '',
      failureTable(failure),
      '',
      decisionTable(decisions),
    ].join('\n'),
    json: { orders: ORDERS, shards: SHARDS, balance, growth, failure, decisions },
  };
}

function percent(part: number, digits = 1): string {
  return `${(part * 100).toFixed(digits)} %`;
}

function balanceTable(balance: readonly BalanceFigures[]): string {
  return textTable(
    ['balance', 'key', 'chi²', 'farthest from even', 'busiest at once'],
    balance.map(({ name, key, chiSquare, maxDeviation, busiestAtOnce }) => [
      name,
      key,
      chiSquare.toFixed(1),
      percent(maxDeviation, 2),
      percent(busiestAtOnce),
    ]),
  );
}

function growthTable(growth: readonly GrowthFigures[]): string {
  return textTable(
    ['growth', 'shards', 'keys that move', 'next day’s farthest from even'],
    growth.map(({ way, from, moved, maxDeviation }) => [
      way,
      `${from} to ${from + 1}`,
      percent(moved),
      percent(maxDeviation),
    ]),
  );
}

function failureTable(failure: readonly FailureFigures[]): string {
  return textTable(
    ['directory, its store down', 'decided: orders that were there', 'new orders'],
    failure.map(({ cacheSize, knownDecided, newDecided }) => [
      `cache of ${cacheSize}`,
      percent(knownDecided),
      percent(newDecided),
    ]),
  );
}

function decisionTable(decisions: readonly DecisionFigures[]): string {
  return textTable(
    ['one decision', 'ns', 'median ns'],
    decisions.map(({ name, ns, medianNs }) => [name, ns.toFixed(0), medianNs.toFixed(0)]),
  );
}
