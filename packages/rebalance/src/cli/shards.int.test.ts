import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bucketOf, openShardSessions, type ShardConfig, type ShardSessions } from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { inThisProcess } from './cli.fixture.ts';

const REGISTRY = fileURLToPath(new URL('registry.fixture.ts', import.meta.url));
const BUCKETS = 8;

let namespace: Namespace;
let folder: string;
let file: string;
/** All databases, and a way into each, whatever is configured. */
let all: Readonly<Record<'five' | 'seven' | 'two' | 'foreign', ShardConfig>>;
let sessions: ShardSessions;

const nameOf = ({ writer }: ShardConfig) => new URL(writer).pathname.slice(1);

beforeAll(async () => {
  namespace = await testNamespace('shards');
  folder = await mkdtemp(join(tmpdir(), 'ordershard-cli-'));
  file = join(folder, 'shards.json');
  const [first, second] = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',') as [string, string];
  all = {
    five: { id: 5, writer: first },
    seven: { id: 7, writer: second },
    two: { id: 2, writer: `${first}_two` },
    foreign: { id: 9, writer: `${first}_foreign` },
  };
  sessions = openShardSessions(Object.values(all));
  for (const shard of [all.two, all.foreign])
    await sessions.onShard(5, (session) => session.execute(`CREATE DATABASE ${nameOf(shard)}`));
});

afterAll(async () => {
  for (const shard of [all.two, all.foreign])
    await sessions.onShard(5, (session) => session.execute(`DROP DATABASE ${nameOf(shard)}`));
  await sessions.close();
  await rm(folder, { recursive: true });
  await namespace.drop();
});

const configure = (...shards: readonly ShardConfig[]) => writeFile(file, JSON.stringify({ shards }));

const run = (command: string) =>
  inThisProcess(command, {
    ORDERSHARD_SHARDS_FILE: file,
    ORDERSHARD_CLUSTER: 'shards',
    ORDERSHARD_REGISTRY: REGISTRY,
  });

/** Runs a command that must end well, and gives what it printed as JSON. */
async function json<T = unknown>(command: string): Promise<T> {
  const { code, stdout, stderr } = await run(`${command} --output json`);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function done(command: string): Promise<void> {
  const { code, stderr } = await run(`${command} --yes`);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
}

const refused = (why: RegExp) => ({ code: 3, stdout: '', stderr: expect.stringMatching(why) });

const tablesOf = (shard: ShardConfig) =>
  sessions.onShard(shard.id, (session) => session.query('SHOW TABLES'));

const history = async () =>
  (await json<readonly { action: string; outcome: string }[]>('history'))
    .map(({ action, outcome }) => `${action}: ${outcome}`)
    .toReversed();

test('init refuses databases that have tables of others, before anything is made, dry and wet', async () => {
  await sessions.onShard(9, (session) => session.execute('CREATE TABLE orders (id INT)'));
  await sessions.onShard(9, (session) => session.execute('CREATE VIEW recent AS SELECT id FROM orders'));
  await configure(all.five, all.foreign);
  for (const how of ['--yes', '--dry-run'])
    expect(await run(`init ${how}`)).toMatchObject(
      refused(/shard 9: its database is not empty: it has the table orders and 1 more/),
    );
  expect(await tablesOf(all.five)).toEqual([]);
  expect(await tablesOf(all.foreign)).toHaveLength(2);
});

test('init makes any number of buckets, and can be repeated; the number never changes', async () => {
  await configure(all.five, all.seven);
  expect(await run('init --buckets 12 --yes')).toMatchObject(refused(/12 buckets are not a power of two/));
  const made = { cluster: 'shards', shards: '5, 7', buckets: BUCKETS, 'map version': 1 };
  expect(await json(`init --buckets ${BUCKETS} --yes`)).toEqual(made);
  expect(await json('init --yes')).toEqual(made);
  for (const how of ['--yes', '--dry-run'])
    expect(await run(`init --buckets 16 ${how}`)).toMatchObject(refused(/made for 8 buckets, not 16/));
});

test('a database that is not added yet, whatever it is, disturbs no command', async () => {
  const candidates = [
    all.two,
    all.foreign,
    { id: 10, writer: 'mysql://u@127.0.0.1:9/down' },
    { id: 11, writer: `${all.five.writer}_nowhere` },
  ];
  await configure(...candidates, all.five, all.seven);
  const looks = ['status', 'verify', 'plan', 'epoch status', 'partitions run'];
  const changes = ['resume', 'rollback', 'cleanup', 'epoch abort'];
  for (const command of [...looks, ...changes.map((name) => `${name} --yes`), 'history'])
    expect({ command, ...(await run(command)) }).toMatchObject({
      code: 0,
      // Progress only, where the machine is busy.
      stderr: expect.stringMatching(/^(.* … .*\n)*$/),
    });
  const { stdout } = await run('topology show');
  expect(stdout).toMatch(/^shard +2\n.*\nstate +not in the map$/m);
  expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
});

test('a shard whose id is below all others is added: the log and what decides on epochs go to it', async () => {
  await configure(all.five, all.seven);
  await done('epoch open --weight 7=3');
  await done('epoch abort');
  const before = await history();
  await configure(all.two, all.five, all.seven);
  expect((await run('shard add 2 --dry-run')).stderr).toMatch(/Add shard 2 .*cluster of shards 5, 7\?/);
  await done('shard add 2');
  expect(await history()).toEqual([...before, 'shard add: done']);
  expect(await json('epoch status')).toMatchObject({ rows: [{ state: 'aborted', 'every shard': 'yes' }] });
  // What decides is asked there from now on.
  await sessions.onShard(5, (session) => session.execute('DELETE FROM epoch_openings'));
  expect(await json('epoch status')).toMatchObject({ rows: [{ state: 'aborted' }] });
  // It can be repeated.
  await done('shard add 2');
});

test('a shard leaves when it is empty and cleaned up, and no sooner; the log and what decides go to the next', async () => {
  await done('run --unthrottled');
  const { shards } = await json<{ shards: readonly { shard: number; numbers: number }[] }>('topology show');
  expect(shards.find(({ shard }) => shard === 2)!.numbers).toBeGreaterThan(1);
  for (const how of ['--yes', '--dry-run'])
    expect(await run(`shard remove 2 ${how}`)).toMatchObject(
      refused(/it owns \d buckets of numbers and \d of keys/),
    );
  await done('run --empty 2 --unthrottled');
  expect(await run('shard remove 2 --yes')).toMatchObject(refused(/moves from or to it are not cleaned up/));
  await done('cleanup --grace 0');
  // A row of nobody's is looked at by a person.
  const bucket = bucketOf('promise', BUCKETS);
  const onTwo = (sql: string) =>
    sessions.onShard(2, async (session) => {
      await session.execute('SET @ordershard_bucket = -1, @ordershard_key_bucket = -1');
      await session.execute(sql);
    });
  await onTwo(`INSERT INTO promises (promise, bucket, key_generation, body) VALUES ('x', ${bucket}, 0, '')`);
  expect(await run('shard remove 2 --yes')).toMatchObject(
    refused(/it has 1 rows of promises, which are nobody's/),
  );
  await onTwo('DELETE FROM promises');

  expect((await run('shard remove 2 --dry-run')).stderr).toMatch(
    /out of the cluster, which is shards 5, 7 then\?/,
  );
  const before = await history();
  const removed = await json<{ 'map version': number }>('shard remove 2 --yes --reason old');
  expect(removed).toMatchObject({ shard: 2, shards: [5, 7], 'events deleted': 0 });

  // With the shard in the file still, and without it.
  for (const configured of [
    [all.two, all.five, all.seven],
    [all.five, all.seven],
  ]) {
    await configure(...configured);
    expect(await history()).toEqual([...before, 'shard remove: done']);
    expect(await json('topology show')).toMatchObject({
      'map version': removed['map version'],
      owned: '8 of 8 owned once',
      map: { shards: [5, 7] },
    });
    expect(await json('epoch status')).toMatchObject({ rows: [{ state: 'aborted', 'every shard': 'yes' }] });
    expect((await run('plan')).code).toBe(0);
  }
  expect(await run('shard remove 2 --yes')).toMatchObject(refused(/it is not configured/));
  await done('epoch open --weight 7=3');
  await done('epoch abort');
});

test('a removal that was cut off is completed, and the database can be a shard again', async () => {
  await configure(all.two, all.five, all.seven);
  expect(await run('shard remove 2 --yes')).toMatchObject(refused(/it is not one of the cluster \(5, 7\)/));
  await sessions.onShard(2, (session) =>
    session.execute("INSERT INTO shard_identity VALUES (1, 'shards', 2, 8, UTC_TIMESTAMP(3))"),
  );
  expect((await run('shard remove 2 --dry-run')).stderr).toMatch(/Give up the database of shard 2/);
  await done('shard remove 2');
  await done('shard add 2');
  expect(await json('topology show')).toMatchObject({
    owned: '8 of 8 owned once',
    map: { shards: [2, 5, 7] },
  });
  await done('run --unthrottled');
  expect(await json('verify')).toEqual([]);
});

test('what is no shard is no shard', async () => {
  expect(await run('shard remove 4 --yes')).toMatchObject(refused(/shard 4: it is not configured/));
  expect(await run('shard remove seven')).toMatchObject({ code: 2 });
});
