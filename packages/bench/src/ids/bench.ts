import {
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { startStack } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { textTable } from '../measure/table.ts';
import { pausedWorker } from './paused-worker.ts';

const NUMBERS = 10_000_000;
const CLUSTER = 'bench';

/** Ten million numbers of processes whose leases run out under them: how many are equal. */
export async function run({ progress }: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({ ephemeral: true, parts: ['mysql'], shards: 2, onProgress: progress });
  try {
    const shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
    await migrateShards(shards, [ROUTER_MIGRATIONS]);
    await initialiseCluster({ clusterId: CLUSTER, shards });
    const start = performance.now();
    const result = await pausedWorker(CLUSTER, [shards[0]!, shards[1]!], NUMBERS, progress);
    const seconds = (performance.now() - start) / 1_000;
    return {
      table: textTable(
        ['numbers', 'equal', 'stood still', 'in all'],
        [
          [
            String(result.numbers),
            String(result.equal),
            `${(result.pausedMs / 1_000).toFixed(1)} s`,
            `${seconds.toFixed(1)} s`,
          ],
        ],
      ),
      json: { ...result },
    };
  } finally {
    await stack.stop();
  }
}
