import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger, type Running } from '@ordershard/process';
import {
  connectShardRouter,
  guardedTablesOf,
  initialiseCluster,
  loadMap,
  migrateShards,
  nextMap,
  openShardSessions,
  publishMap,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardSessions,
} from '@ordershard/shard-router';
import { mintToken, type Namespace, testNamespace } from '@ordershard/stack';
import { levelCatalogue } from '../catalogue/level-catalogue.ts';
import { send } from '../fixtures/test-api.ts';
import { putTestShop, SHOP_ID } from '../fixtures/test-shop.ts';
import { until } from '../fixtures/until.ts';
import { migrate, ORDER_MIGRATIONS } from '../migrate.ts';
import { TABLES } from '../registry.ts';
import { startApi } from '../serve.ts';
import { readApiSettings, readShardSettings } from '../settings.ts';

// An instance that was started when there was one shard, and was not told of the second.

let namespace: Namespace;
let clusterId: string;
let shards: readonly ShardConfig[];
let sessions: ShardSessions;
let running: Running;

beforeAll(async () => {
  namespace = await testNamespace('fleet');
  ({ clusterId, shards } = readShardSettings(namespace.env));
  await migrate(clusterId, shards.slice(0, 1));
  running = await startApi(
    readApiSettings({
      ...namespace.env,
      ORDERSHARD_MYSQL_URLS: shards[0]!.writer,
      ORDERSHARD_MAP_POLL_MS: '100',
      ORDERSHARD_API_DRAIN_MS: '0',
      ORDERSHARD_API_PORT: '0',
    }),
    createLogger('api', process.env['ORDERSHARD_TEST_LOG'] ?? 'silent'),
  );
  await putTestShop((method, path, body) => ask('operator', method, path, body));
  // The second is a shard of the cluster, and owns nothing yet.
  await migrateShards(shards, [ROUTER_MIGRATIONS, ORDER_MIGRATIONS], { tables: guardedTablesOf(TABLES) });
  await initialiseCluster({ clusterId, shards });
  sessions = openShardSessions(shards);
});

afterAll(async () => {
  await running.stop();
  await sessions.close();
  await namespace.drop();
});

async function ask(role: 'member' | 'operator', method: string, path: string, body?: unknown) {
  const token = await mintToken({ role, subject: 'm-1' }, namespace.env);
  return send(`http://127.0.0.1:${running.port}`, method, path, body, { Authorization: `Bearer ${token}` });
}

interface Ready {
  readonly degraded: readonly string[];
  readonly [detail: string]: unknown;
}

const ready = async () => {
  const { status, body } = await ask('member', 'GET', '/readyz');
  return { ...(body as Ready), status };
};

/** Publishes a map, as operators' commands do. */
async function publish(change: (body: ReturnType<typeof nextMap>) => Partial<ReturnType<typeof nextMap>>) {
  const newest = await loadMap(sessions.shards, clusterId, (shard, fn) => sessions.onShard(shard, fn));
  const map = nextMap({ ...newest, ...change(newest) }, newest);
  await publishMap(map, sessions.shards, (shard, fn) => sessions.onShard(shard, fn));
}

test('an instance that was not told of a shard says so before that owns anything', async () => {
  await publish(() => ({ shards: [0, 1] }));
  await until(async () => (await ready()).degraded.includes('shard 1'));
  expect(await ready()).toMatchObject({
    status: 200,
    shards: [
      { shard: 0n, state: 'up' },
      { shard: 1n, state: 'not configured here' },
    ],
  });
  expect((await ask('member', 'GET', '/metrics')).text).toMatch(/^ordershard_api_shards_missing 1$/m);
});

test('a shop that a shard has not, or has of before, is brought there; one that it has newer goes to the others', async () => {
  const router = await connectShardRouter({ clusterId, shards });
  const shops = async (shard: number) =>
    sessions.onShard(shard, (session) =>
      session.query<{ shop_id: string; revision: string }>(
        'SELECT shop_id, CAST(revision AS CHAR) AS revision, CAST(body AS CHAR) AS body FROM catalogue_shops ORDER BY shop_id',
      ),
    );
  try {
    // The instance knows of one shard.
    expect((await ask('operator', 'GET', `/v1/shops/${SHOP_ID}`)).status).toBe(200);
    await sessions.onShard(0, (session) =>
      session.execute(
        `INSERT INTO catalogue_shops (shop_id, revision, body)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
         SELECT CONCAT('s-', i), 10 + i, JSON_OBJECT('i', i) FROM n`,
      ),
    );
    await sessions.onShard(1, (session) =>
      session.execute(
        `INSERT INTO catalogue_shops (shop_id, revision, body)
         WITH RECURSIVE n (i) AS (SELECT 800 UNION ALL SELECT i + 1 FROM n WHERE i < 990)
         SELECT CONCAT('s-', i), IF(i % 2 = 0, 1, 99999), JSON_OBJECT('other', i) FROM n`,
      ),
    );
    expect(await levelCatalogue(router)).toBeGreaterThan(900);
    const [first, second] = [await shops(0), await shops(1)];
    expect(second).toEqual(first);
    expect(first.map(({ shop_id: id }) => id)).toEqual(expect.arrayContaining([SHOP_ID, 's-1', 's-990']));
    expect(new Map(first.map((row) => [row.shop_id, row.revision])).get('s-801')).toBe('99999');
    expect(new Map(first.map((row) => [row.shop_id, row.revision])).get('s-802')).toBe('812');
    expect(await levelCatalogue(router)).toBe(0);
  } finally {
    await router.close();
  }
});
