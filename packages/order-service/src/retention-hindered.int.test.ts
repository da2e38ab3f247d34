import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { holdNumber, makePartitionsEverywhere, retentionStatus, runRetention } from '@ordershard/rebalance';
import { openCluster, planRetention } from '@ordershard/rebalance';
import {
  connectShardRouter,
  guardedTablesOf,
  missingDefiners,
  type ShardConfig,
} from '@ordershard/shard-router';
import { startStack, type Stack } from '@ordershard/stack';
import { type Connection, createConnection } from 'mysql2/promise';
import {
  dayAgo,
  DELIVERED,
  partitionOf,
  type RetentionScene,
  startRetentionScene,
} from './fixtures/retention-scene.ts';
import { migrate } from './migrate.ts';
import { TABLES } from './registry.ts';

// What others do to the servers: definitions, backups, rights, users, time zones. It is told of the shard that it is about,
// and ends nothing on the others.

const CLI = fileURLToPath(new URL('../../rebalance/src/bin.ts', import.meta.url));

let stack: Stack;
let admin: Connection;
let scene: RetentionScene;

beforeAll(async () => {
  // Servers of their own: they are locked, and their users dropped. They live nine hours ahead of UTC.
  const { ORDERSHARD_MYSQL_URLS: _, ...env } = process.env;
  stack = await startStack({ ephemeral: true, parts: ['mysql'], timeZone: 'KST-9', env });
  admin = await createConnection(stack.part('mysql-0').adminUrl!);
});

afterEach(() => scene.end());

afterAll(async () => {
  await admin?.end();
  await stack?.stop();
});

const start = (label: string, days: readonly number[], shardCount = 2) =>
  startRetentionScene(label, { days, shardCount, env: stack.env });

const databaseOf = ({ writer }: ShardConfig) => new URL(writer).pathname.slice(1);

/** An order on each shard. */
async function onBoth(daysAgo: number): Promise<readonly [bigint, bigint]> {
  const found = new Map<number, bigint>();
  while (found.size < 2) {
    const number = await scene.place(daysAgo, DELIVERED);
    found.set(scene.router.shardOf(number), number);
  }
  return [found.get(0)!, found.get(1)!];
}

async function command(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=source', '--no-warnings', CLI, ...args], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ORDERSHARD_MYSQL_URLS: scene.shards.map(({ writer }) => writer).join(','),
      ORDERSHARD_CLUSTER: 'retention',
      ORDERSHARD_ARCHIVE_URL: scene.folder,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, errors };
}

test('columns that were added instantly keep no day, and a drop that was cut off goes on', async () => {
  scene = await start('instant', [33, 32], 1);
  const [first, second] = [await scene.place(33, DELIVERED), await scene.place(32, DELIVERED)];
  for (const table of ['orders', 'orders_carried', 'order_items', 'order_items_carried'])
    await scene.onShard(0, (session) =>
      session.execute(`ALTER TABLE ${table} ADD COLUMN channel VARCHAR(10)`),
    );
  await expect(
    scene.run({
      tell: ({ step }) => {
        if (step === 'verified') throw new Error('killed');
      },
    }),
  ).rejects.toThrow('killed');
  // As by a run that was killed when the first of its tables was gone.
  await scene.onShard(0, async (session) => {
    await session.execute('UPDATE retention_days SET step = ? WHERE day = ?', ['dropping', dayAgo(33)]);
    await session.execute(`ALTER TABLE order_items DROP PARTITION ${partitionOf(33)}`);
    await session.execute(`DROP TABLE IF EXISTS order_items_${partitionOf(33)}`);
  });
  expect(await scene.run()).toMatchObject([{ dropped: [dayAgo(33), dayAgo(32)], kept: [] }]);
  for (const number of [first, second])
    expect(await scene.find(number)).toMatchObject([{ where: 'archive' }]);
  const left = await scene.onShard(0, (session) =>
    session.query('SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME LIKE ?', [
      `%\\_${partitionOf(33)}`,
    ]),
  );
  expect(left).toEqual([]);
});

test('a backup of one shard is told, and the other one is done; when it has ended the rest is done', async () => {
  scene = await start('backup', [32]);
  await onBoth(32);
  for (const shard of [0, 1])
    await scene.onShard(shard, (session) =>
      session.execute(`ALTER TABLE orders DROP PARTITION ${partitionOf(-7)}`),
    );
  const backup = expect.stringMatching(/a backup holds its server/);
  await admin.query('LOCK INSTANCE FOR BACKUP');
  try {
    const [held, done] = await scene.run();
    expect(held).toMatchObject({ made: {}, dropped: [], error: backup, kept: [{ why: backup }] });
    expect(done).toMatchObject({ made: { orders: [partitionOf(-7)] }, dropped: [dayAgo(32)], kept: [] });
    expect(done!.error).toBeUndefined();
    const partitions = await command({}, 'partitions', 'run', '--output', 'json');
    expect(partitions).toMatchObject({
      code: 4,
      errors: expect.stringMatching(/^shard-rebalance: shard 0: no/m),
    });
    expect(JSON.parse(partitions.out)).toMatchObject([{ ahead: { days: 6 } }, { ahead: { days: 7 } }]);
  } finally {
    await admin.query('UNLOCK INSTANCE');
  }
  expect(await makePartitionsEverywhere(scene.cluster)).toMatchObject([
    { made: { orders: [partitionOf(-7)] }, ahead: { days: 7 } },
    { made: {}, ahead: { days: 7 } },
  ]);
  expect(await scene.run()).toMatchObject([{ dropped: [dayAgo(32)] }, { dropped: [] }]);
});

test('a shard that refuses a statement, and a folder that cannot be made, end nothing else', async () => {
  scene = await start('refusing', [32]);
  await onBoth(32);
  const [first, second] = scene.shards as [ShardConfig, ShardConfig];
  const database = databaseOf(first);
  await admin.query(`CREATE USER clerk IDENTIFIED BY 'clerk'`);
  await admin.query(`GRANT PROCESS ON *.* TO clerk`);
  await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, TRIGGER, EXECUTE,
    LOCK TABLES ON \`${database}\`.* TO clerk`);
  const clerk = Object.assign(new URL(first.writer), { username: 'clerk', password: 'clerk' }).href;

  // A database that is named and was not added yet disturbs nothing.
  const candidate = `${database}_candidate`;
  await admin.query(`CREATE DATABASE \`${candidate}\``);
  const named = Object.assign(new URL(first.writer), { pathname: `/${candidate}` }).href;
  const configs = [{ ...first, writer: clerk }, second, { id: 2, writer: named }];
  const cluster = openCluster({ clusterId: 'retention', shards: configs, application: { TABLES } });
  try {
    expect(await runRetention(cluster, { archive: scene.archive })).toMatchObject([
      {
        shard: 0,
        dropped: [],
        kept: [{ day: dayAgo(32), why: expect.stringMatching(/1142.*DROP command denied/) }],
      },
      { shard: 1, dropped: [dayAgo(32)], kept: [] },
    ]);
    const today = await scene.place(0, []);
    expect(await holdNumber(cluster, today, { reason: 'test', by: 'ann' })).toBe(scene.router.shardOf(today));
    expect(await retentionStatus(cluster)).toMatchObject({
      shards: [{ shard: 0 }, { shard: 1 }],
      problems: [],
    });
    expect(await planRetention(cluster)).toMatchObject({ days: [{ shard: 0 }], problems: [] });
  } finally {
    await cluster.close();
    await admin.query(`DROP DATABASE \`${candidate}\``);
    await admin.query('DROP USER clerk');
  }
  await scene.onShard(0, (session) => session.execute(`UPDATE retention_days SET step = 'closing'`));
  const noFolder = await command({ TMPDIR: '/nowhere' }, 'retention', 'run', '--yes', '--output', 'json');
  expect(noFolder).toMatchObject({ code: 4, errors: expect.not.stringMatching(/^ +at /m) });
  expect(JSON.parse(noFolder.out)).toMatchObject([
    { kept: [{ why: expect.stringMatching(/no folder can be made in \/nowhere \(TMPDIR\)/) }] },
    { kept: [] },
  ]);
});

test('a transaction that keeps a day is told with its age, wherever the clock of the server shows', async () => {
  scene = await start('zone', [32], 1);
  await scene.place(32, DELIVERED);
  await admin.query(`USE \`${databaseOf(scene.shards[0]!)}\``);
  await admin.query('START TRANSACTION');
  await admin.query('SELECT COUNT(*) FROM orders');
  const [report] = await scene.run();
  await admin.query('ROLLBACK');
  const [, seconds] = /open for (-?\d+) s$/.exec(report!.kept[0]!.why) ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(0);
  expect(Number(seconds)).toBeLessThan(3_600);
  expect(await scene.run()).toMatchObject([{ dropped: [dayAgo(32)] }]);
});

test('the user that has made the guards may go: that is told, and they are made anew', async () => {
  scene = await start('definer', [], 1);
  const [shard] = scene.shards as [ShardConfig];
  const guarded = guardedTablesOf(TABLES);
  const look = () => scene.onShard(0, (session) => missingDefiners(session, guarded));
  await admin.query(`CREATE USER deployer IDENTIFIED BY 'deployer'`);
  await admin.query(`GRANT ALL ON \`${databaseOf(shard)}\`.* TO deployer`);
  const writer = Object.assign(new URL(shard.writer), { username: 'deployer', password: 'deployer' }).href;
  const triggers = await scene.onShard(0, (session) =>
    session.query<{ name: string }>(
      'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
    ),
  );
  for (const { name } of triggers)
    await scene.onShard(0, (session) => session.execute(`DROP TRIGGER ${name}`));
  await migrate('retention', [{ ...shard, writer }]);
  await scene.place(0, ['pay']);
  expect(await look()).toEqual([]);
  await admin.query('DROP USER deployer');
  expect(await look()).toEqual(['deployer@%']);
  await expect(scene.place(0, [])).rejects.toMatchObject({ code: 'ROUTER_DEFINER_MISSING', shard: 0 });
  // A process that starts now is not kept from it: it reads, and says in readiness what is wrong.
  await (await connectShardRouter({ clusterId: 'retention', shards: [shard], tables: guarded })).close();
  await migrate('retention', [shard]);
  expect(await look()).toEqual([]);
  await scene.place(0, ['pay']);
  const bound = await scene.onShard(0, (session) =>
    session.query(
      `SELECT ROUTINE_NAME FROM information_schema.ROUTINES
        WHERE ROUTINE_SCHEMA = DATABASE() AND SECURITY_TYPE = 'DEFINER'`,
    ),
  );
  expect(bound).toEqual([]);
});
