import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { pausedWorker } from './paused-worker.ts';

let namespace: Namespace;
let shards: readonly ShardConfig[];

beforeAll(async () => {
  namespace = await testNamespace('numbers');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  await initialiseCluster({ clusterId: 'numbers', shards });
});

afterAll(() => namespace.drop());

test('a process that is stopped past its lease, and its successor on the same worker, draw no number twice', async () => {
  const result = await pausedWorker('numbers', [shards[0]!, shards[1]!], 500_000);
  expect(result).toMatchObject({ numbers: 500_000, equal: 0 });
  // It was refused, once woken, and got another worker.
  expect(result.refusals).toBeGreaterThan(0);
});
