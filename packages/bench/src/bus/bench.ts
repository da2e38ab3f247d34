import { createNamespace, startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { rounded } from '../measure/rounded.ts';
import { textTable } from '../measure/table.ts';
import { fanOut } from './fan-out.ts';

const INSTANCES = 20;
const CHANGES = 100;

/** Changes of the map that are not counted: the first ones open connections. */
const WARM_UP = 5;

/**
 * A change of the shard map on its way over the bus to 20 routers: how long until each uses it, and whether each has
 * loaded it once. `count` is the number of routers, `rounds` that of changes.
 */
export async function run({
  count: instances = INSTANCES,
  rounds: changes = CHANGES,
  mysql,
  progress,
}: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({
    ephemeral: true,
    parts: ['mysql', 'kafka'],
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  try {
    const namespace = await createNamespace(stack, 'bench');
    const total = WARM_UP + changes;
    const { latenciesMs, loads } = await fanOut({ env: namespace.env, instances, changes: total, progress });
    const measured = latenciesMs.slice(WARM_UP * instances).toSorted((a, b) => a - b);
    const p50Ms = percentile(measured, 0.5);
    const p99Ms = percentile(measured, 0.99);
    const actedOnce = loads.every((count) => count === total);
    return {
      table: textTable(
        ['instances', 'changes', 'p50 ms', 'p99 ms', 'each acted once'],
        [[String(instances), String(changes), p50Ms.toFixed(1), p99Ms.toFixed(1), actedOnce ? 'yes' : 'no']],
      ),
      json: rounded({ instances, changes, p50Ms, p99Ms, actedOnce }),
    };
  } finally {
    await stack.stop();
  }
}

/** The value that a share of some sorted values does not exceed (nearest rank). */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}
