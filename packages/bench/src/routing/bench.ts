import { clsHookedCarrier } from '@ordershard/shard-router/cls-hooked';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import type { Comparison } from '../measure/interleaved.ts';
import { textTable } from '../measure/table.ts';
import { openCluster, POOL_SIZE } from './cluster.ts';
import { type DecisionFigures, measureDecision } from './decision.ts';
import { CALLERS, comparePath, type Path } from './throughput.ts';

const QUERY_BLOCKS = 240;
const DECISION_ROUNDS = 60;

type ByCallers = Record<number, Comparison>;

/** What routing costs: statements through the router beside a bare pool's, and one decision beside an empty scope. */
export async function run({ rounds = QUERY_BLOCKS, progress }: BenchOptions): Promise<BenchResult> {
  const cluster = await openCluster(progress);
  try {
    progress('timing decisions');
    const decision = await measureDecision(cluster.router, cluster.numbers, DECISION_ROUNDS);
    const compared = async (path: Path, blocks: number): Promise<ByCallers> => {
      const figures: ByCallers = {};
      for (const callers of CALLERS) {
        progress(`${path}, ${callers} callers`);
        figures[callers] = await comparePath(cluster, path, callers, blocks);
      }
      return figures;
    };
    const queries = await compared('routed query', rounds);
    const fewer = Math.ceil(rounds / 6);
    const untraced = await compared('routed query, untraced', fewer);
    const rows = await compared('fenced rows', fewer);
    const sessions = await compared('fenced session', fewer);
    const transactions = await compared('transaction', fewer);
    // Last, because its hooks make every promise of the process slower from then on.
    const onCls = await cluster.connect(clsHookedCarrier);
    const cls = await measureDecision(onCls, cluster.numbers, DECISION_ROUNDS);
    const clsRatio = cls.decisionNs / decision.decisionNs;
    return {
      table: describe(
        {
          'routed query': queries,
          'routed query, untraced': untraced,
          'fenced rows': rows,
          'fenced session': sessions,
          transaction: transactions,
        },
        decision,
        clsRatio,
      ),
      json: {
        ratio: Math.min(...CALLERS.map((callers) => queries[callers]!.ratio)),
        ratios: ratiosOf(queries),
        untracedRatios: ratiosOf(untraced),
        fencedRowsRatios: ratiosOf(rows),
        fencedSessionRatios: ratiosOf(sessions),
        transactionRatios: ratiosOf(transactions),
        ...decision,
        clsRatio,
        clsDecisionNs: cls.decisionNs,
        clsScopeRatio: cls.scopeNs / decision.scopeNs,
        poolSize: POOL_SIZE,
      },
    };
  } finally {
    await cluster.close();
  }
}

function ratiosOf(figures: ByCallers): Record<string, unknown> {
  return Object.fromEntries(
    CALLERS.map((callers) => {
      const { ratio, interval, subject, baseline, blocks } = figures[callers]!;
      return [
        callers,
        { ratio, ci: [interval.low, interval.high], perSecond: subject, barePerSecond: baseline, blocks },
      ];
    }),
  );
}

function describe(paths: Record<Path, ByCallers>, decision: DecisionFigures, clsRatio: number): string {
  const rows = Object.entries(paths).flatMap(([path, figures]) =>
    CALLERS.map((callers) => {
      const { subject, baseline, ratio, interval } = figures[callers]!;
      return [
        path,
        String(callers),
        subject.toFixed(0),
        baseline.toFixed(0),
        ratio.toFixed(3),
        `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`,
      ];
    }),
  );
  const { decisionNs, alsRunNs, decisionRatio, scopeNs, interval } = decision;
  return [
    textTable(['', 'callers', 'router/s', 'bare pool/s', 'ratio', '95 % interval'], rows),
    '',
    `one decision            ${decisionNs.toFixed(0)} ns (its whole scope, with its end: ${scopeNs.toFixed(0)} ns)`,
    `an empty run            ${alsRunNs.toFixed(0)} ns`,
    `decision ÷ empty run    ${decisionRatio.toFixed(2)} (95 % interval ${interval.low.toFixed(2)} to ${interval.high.toFixed(2)})`,
    `decision on cls-hooked  ${clsRatio.toFixed(1)} times as long`,
  ].join('\n');
}
