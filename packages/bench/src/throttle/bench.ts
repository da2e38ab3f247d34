import { createNamespace, startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { reach } from './reach.ts';

const INSTANCES = 10;
const CHANGES = 20;

/**
 * A limit of the inflow that an operator sets and lifts, on its way to 10 API processes. `count` is the number of
 * processes, `rounds` how often it is set and lifted.
 */
export async function run({
  count: instances = INSTANCES,
  rounds: changes = CHANGES,
  mysql,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({
    ephemeral: true,
    parts: ['mysql', 'kafka', 'mongodb'],
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const { env } = await createNamespace(stack, 'bench');
    const { setMs, liftMs, busMs, storeMs, whileSet, whileLifted } = await reach({
      env,
      instances,
      changes,
      progress,
    });
    const figures = {
      instances,
      changes,
      set: spreadOf(setMs),
      lift: spreadOf(liftMs),
      bus: spreadOf(busMs),
      storeMs: spreadOf(storeMs).p50Ms,
      ratioToBus: spreadOf([...setMs, ...liftMs]).p50Ms / Math.max(1, spreadOf(busMs).p50Ms),
      whileSet,
      whileLifted,
    };
    const row = (name: string, values: readonly number[]) => {
      const { p50Ms, p99Ms, maxMs } = spreadOf(values);
      return [name, String(p50Ms), String(p99Ms), String(maxMs)];
    };
    const table = [
      textTable(
        [`${instances} instances, ms from publishing`, 'p50', 'p99', 'max'],
        [row('set', setMs), row('lifted', liftMs), row('the bus alone', busMs)],
      ),
      '',
      `while set: ${JSON.stringify(whileSet)}; while lifted: ${JSON.stringify(whileLifted)}`,
    ].join('\n');
    return { table, json: rounded(figures) };
  } finally {
    await stack.stop();
  }
}

/** Of milliseconds. */
function spreadOf(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
