import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runProcess, startProcess, testNamespace, type Namespace } from '@ordershard/stack';
import { announceMap, busTopic, connectEventBus, shardMapChanged } from '@ordershard/event-bus';
import {
  connectShardRouter,
  DEFAULT_BUCKETS,
  initialMap,
  nextMap,
  publishMap,
} from '@ordershard/shard-router';
import { fileURLToPath } from 'node:url';
import { send } from './fixtures/test-api.ts';
import { until } from './fixtures/until.ts';
import { readShardSettings } from './settings.ts';

const file = fileURLToPath(new URL('bin.ts', import.meta.url));
let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('bin');
});

afterAll(() => namespace.drop());

test('migrates, more than once; serves with MongoDB away; ends with 0 when it is told to', async () => {
  const { env } = namespace;
  const first = await runProcess({ file, args: ['migrate'], env });
  expect(first.filter(({ msg }) => msg === 'migrated')).toHaveLength(2);
  await runProcess({ file, args: ['migrate'], env });
  // Port 9 discards; nothing listens there.
  const api = await startProcess({
    file,
    args: ['serve'],
    env: { ...env, ORDERSHARD_MONGODB_URL: 'mongodb://127.0.0.1:9/x', ORDERSHARD_API_PORT: '0' },
  });
  expect(api.ready).toMatchObject({ role: 'api', port: expect.any(Number) });
  const ready = await send(`http://127.0.0.1:${api.port}`, 'GET', '/readyz');
  expect(ready.status).toBe(200);
  expect(ready.body).toMatchObject({ mongodb: 'down' });
  const metrics = await (await fetch(`http://127.0.0.1:${api.port}/metrics`)).text();
  expect(metrics).toMatch(/^ordershard_api_requests_limit [1-9]\d*$/m);
  expect(metrics).toMatch(/^ordershard_api_requests_shed_total 0$/m);
  expect(metrics).toMatch(/^ordershard_api_keys_unavailable 0$/m);
  await api.stop();
});

test('a map that is announced on the bus is used at once', async () => {
  const { env } = namespace;
  await runProcess({ file, args: ['migrate'], env });
  // Never looked for by itself.
  const api = await startProcess({
    file,
    args: ['serve'],
    env: { ...env, ORDERSHARD_API_PORT: '0', ORDERSHARD_MAP_POLL_MS: '86400000' },
  });
  const url = `http://127.0.0.1:${api.port}`;
  await until(async () => {
    const { body } = await send(url, 'GET', '/readyz');
    return (body as { bus?: string }).bus === 'up';
  });
  const { clusterId, shards } = readShardSettings(env);
  const router = await connectShardRouter({ clusterId, shards, numbers: false });
  const first = initialMap(clusterId, DEFAULT_BUCKETS, router.allShards());
  const next = nextMap(first, first);
  await publishMap(next, router.allShards(), (shard, fn) => router.onShard(shard, fn));
  const operator = await connectEventBus({
    brokers: env['ORDERSHARD_KAFKA_BROKERS']!.split(','),
    topic: busTopic(env['ORDERSHARD_TOPIC_PREFIX'] ?? ''),
    server: 'shard-rebalance',
    id: 'test',
    events: [shardMapChanged],
  });
  await announceMap(operator, next);
  await api.logged(({ msg, version }) => msg === 'shard map in use' && version === next.version);
  await Promise.all([operator.close(), router.close()]);
  await api.stop();
});

test('says what is wrong with its settings', async () => {
  const env = { ...namespace.env, ORDERSHARD_MYSQL_URLS: '', ORDERSHARD_JWT_ISSUER: '' };
  await expect(startProcess({ file, args: ['serve'], env })).rejects.toThrow(
    /ORDERSHARD_MYSQL_URLS: is not set; .*ORDERSHARD_JWT_ISSUER: is not set/,
  );
});
