import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { openWriteCluster } from './cluster.ts';
import type { CallersFigures } from './compare.ts';
import { chooseContenders } from './contenders.ts';
import { measure } from './measure.ts';
import { plotWrites } from './plot.ts';

const PLOT = new URL('../../../../docs/benchmarks/write.svg', import.meta.url);
const SHARDS = 2;
const ROUNDS = 7;
const ROUND_MS = 500;
const CALLERS = [1, 8, 64, 256] as const;

type Figures = Readonly<Record<number, CallersFigures>>;

/**
 * Placing an order on real servers with durable commits: key, order, three lines and event in one transaction under the
 * fences of number and key. Then once more, with the peers leaving out key and fences.
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const { rounds = ROUNDS, callers = CALLERS, mysql, only, plot, progress } = options;
  const openers = chooseContenders(only);
  const cluster = await openWriteCluster({
    shards: SHARDS,
    ...(mysql === undefined ? {} : { mysql }),
    progress,
  });
  try {
    const plan = { callers, rounds, roundMs: ROUND_MS };
    const fenced = await measure(cluster, openers, 'fenced', plan, progress);
    // Fewer rounds: it is not what the others are compared by.
    const fewer = { ...plan, rounds: Math.ceil((rounds * 4) / 7) };
    const plain = await measure(cluster, openers, 'plain', fewer, progress);
    if (plot === true) {
      await mkdir(new URL('.', PLOT), { recursive: true });
      await writeFile(PLOT, plotWrites(fenced));
      progress(`wrote ${fileURLToPath(PLOT)}`);
    }
    return {
      table: [
        `MySQL ${cluster.serverVersion}, ${SHARDS} servers, durable commits`,
        '',
        describe('key and fences for all', fenced),
        '',
        describe('key and fences for ours and by hand only', plain),
      ].join('\n'),
      json: {
        mysql: cluster.serverVersion,
        shards: SHARDS,
        rounds,
        roundMs: ROUND_MS,
        callers: rounded(fenced),
        withoutKeyAndFence: { callers: rounded(plain) },
      },
    };
  } finally {
    await cluster.close();
  }
}

function describe(title: string, figures: Figures): string {
  const rows = Object.entries(figures).flatMap(([callers, { contenders }]) =>
    contenders.map(({ name, perSecond, p50, p99, ratioToBest }) => [
      name,
      callers,
      perSecond.toFixed(0),
      p50.toFixed(2),
      p99.toFixed(2),
      ratioToBest === null ? '' : ratioToBest.toFixed(2),
    ]),
  );
  return textTable([title, 'callers', 'orders/s', 'p50 ms', 'p99 ms', '÷ best builder'], rows);
}
