import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as library from '../index.ts';
import {
  connectShardRouter,
  RouterError,
  routerScatterPort,
  ShardRouter,
  withShardSessions,
} from '../index.ts';
import { HOSTILE, hostileCalls, testHostileCalls } from './hostile-values.fixture.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let router: ShardRouter;
let good: bigint;
let before: unknown;

const CALLS = hostileCalls(() => ({ router, good }));
/** Without arguments. */
const WITHOUT = [
  'constructor',
  'start',
  'close',
  'allShards',
  'liveShards',
  'missingShards',
  'refreshMap',
  'inTransaction',
  'bucketCount',
];

/** All rows and definitions of all tables of both shards, except leases, beats, and who ran migrations last. */
async function everything(): Promise<unknown> {
  return withShardSessions(cluster.shards, async (s) => {
    const tables = await s.query<{ name: string }>(
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT IN ('ordershard_migrations_lock', 'worker_leases', 'shard_beats') ORDER BY name`,
    );
    const sums: unknown[] = [];
    for (const { name } of tables)
      sums.push(await s.query(`CHECKSUM TABLE \`${name}\``), await s.query(`SHOW CREATE TABLE \`${name}\``));
    return sums;
  });
}

beforeAll(async () => {
  cluster = await testCluster('hostile');
  await withShardSessions(cluster.shards, async (s) => {
    await s.execute('CREATE TABLE victim (n INT PRIMARY KEY)');
    await s.execute('INSERT INTO victim VALUES (1)');
  });
  const drawing = await cluster.router();
  good = drawing.drawNumber(0);
  await drawing.close();
  // This router holds no lease, so it renews none during the test.
  router = await cluster.router({ numbers: false });
  before = await everything();
});

afterAll(async () => {
  expect(await everything()).toEqual(before);
  await cluster.end();
});

test('every method of a router is walked', () => {
  const names = Object.getOwnPropertyNames(ShardRouter.prototype);
  expect(names.filter((name) => !WITHOUT.includes(name)).toSorted()).toEqual(Object.keys(CALLS).toSorted());
});

testHostileCalls(CALLS);

const ROUTER_OPTIONS = [
  'clusterId',
  'shards',
  'reloadShards',
  'poolSize',
  'limits',
  'access',
  'numbers',
  'holder',
  'carrier',
  'mapFile',
  'notifier',
  'mapPollMs',
  'observer',
  'sqlComments',
  'drainMs',
  'merge',
  'strategy',
];

test.each(ROUTER_OPTIONS)(
  'connecting with a hostile %s is refused by name, or takes it for what it is',
  async (name) => {
    for (const [, value] of HOSTILE) {
      if (name === 'mapFile' && typeof value === 'string') continue; // Any text is the name of a file.
      const connecting = connectShardRouter({
        clusterId: cluster.clusterId,
        shards: cluster.shards,
        numbers: false,
        [name]: value,
      } as never);
      const error = await connecting.then(
        (opened) => opened.close().then(() => undefined),
        (thrown: unknown) => thrown,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(RouterError);
    }
  },
);

test('a strategy is refused with a word on what to do instead', async () => {
  const connecting = connectShardRouter({ ...cluster, strategy: {} } as never);
  await expect(connecting).rejects.toThrow(/no option strategy.*docs\/strategies\.md/);
});

test('a shard with a setting that is not known is refused by name', async () => {
  const shards = cluster.shards.map((shard) => ({ ...shard, reader: 'mysql://x' }));
  const connecting = connectShardRouter({ clusterId: cluster.clusterId, shards });
  await expect(connecting).rejects.toMatchObject({
    code: 'ROUTER_TOPOLOGY',
    message: expect.stringMatching(/reader/),
  });
});

const EXPORTS: [string, unknown][] = Object.entries(library).filter(
  ([, value]) => typeof value === 'function',
);

test.each(EXPORTS)('%s changes no table, whatever it is given', async (_, value) => {
  const exported = value as (...args: unknown[]) => unknown;
  const isClass = /^class\b/.test(Function.prototype.toString.call(exported));
  const run = async (...args: unknown[]) => {
    try {
      if (isClass) Reflect.construct(exported, args);
      else await exported(...args);
    } catch {
      // Each function refuses in its own way. At the end the test checks that nothing was changed.
    }
  };
  for (const [, hostile] of HOSTILE) {
    await run(hostile, hostile, hostile);
    await run(cluster.shards, hostile, hostile);
    await run({ clusterId: hostile, shards: cluster.shards, bucketCount: hostile }, hostile);
    await run({ clusterId: cluster.clusterId, shards: cluster.shards, bucketCount: hostile }, hostile);
    await run(routerScatterPort(router), hostile, hostile);
    const table = { table: 'victim', columns: { n: 'integer' }, key: ['n'] };
    const read = { from: table, select: ['n'], orderBy: [{ column: 'n' }] };
    for (const part of [
      { from: { ...table, table: hostile } },
      { from: { ...table, numberColumn: hostile } },
      { select: [hostile] },
      { orderBy: [{ column: hostile }] },
      { where: [{ column: 'n', is: hostile, value: 1 }] },
      { where: [{ column: 'n', is: '=', value: hostile }] },
    ])
      await run(routerScatterPort(router), { ...read, ...part }, {});
  }
});
