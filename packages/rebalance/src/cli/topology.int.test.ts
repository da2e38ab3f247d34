import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  openShardSessions,
  type ShardConfig,
  type ShardSessions,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { shardRebalance } from './cli.fixture.ts';

let namespace: Namespace;
let folder: string;
let file: string;
let shards: readonly ShardConfig[];
let sessions: ShardSessions;

/** More databases on the server of the first shard. */
const EXTRA = ['added', 'foreign', 'filled'] as const;

const extra = (name: (typeof EXTRA)[number]): string => `${shards[0]!.writer}_${name}`;
const databaseOf = (url: string) => new URL(url).pathname.slice(1);

beforeAll(async () => {
  namespace = await testNamespace('topology');
  folder = await mkdtemp(join(tmpdir(), 'ordershard-cli-'));
  file = join(folder, 'shards.json');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  sessions = openShardSessions(shards);
  for (const name of EXTRA)
    await sessions.onShard(0, (session) => session.execute(`CREATE DATABASE ${databaseOf(extra(name))}`));
});

afterAll(async () => {
  for (const name of EXTRA)
    await sessions.onShard(0, (session) => session.execute(`DROP DATABASE ${databaseOf(extra(name))}`));
  await sessions.close();
  await rm(folder, { recursive: true });
  await namespace.drop();
});

const configure = (some: readonly ShardConfig[]) => writeFile(file, JSON.stringify({ shards: some }));

const run = (...args: string[]) =>
  shardRebalance(args, { ORDERSHARD_SHARDS_FILE: file, ORDERSHARD_CLUSTER: 'topology' });

/** Runs a command that must end well, and gives what it printed as JSON. */
async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(...args, '--output', 'json');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

const tablesOf = (url: string) =>
  sessions.onShard(0, (session) =>
    session.query<{ name: string }>(
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
      [databaseOf(url)],
    ),
  );

test('init makes a cluster, again and again; without a terminal or --yes it does nothing', async () => {
  await configure(shards);
  const refused = await run('init');
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toMatch(/add --yes/);
  expect(await tablesOf(shards[0]!.writer)).toEqual([]);
  const made = { cluster: 'topology', shards: '0, 1', buckets: 1024, 'map version': 1 };
  expect(await json('init', '--yes', '--reason', 'a test')).toEqual(made);
  expect(await json('init', '--yes')).toEqual(made);
});

test('a shard is added: migrated, fenced, seeded and known to the map, and owns nothing', async () => {
  await sessions.onShard(0, (session) =>
    session.execute("INSERT INTO catalogue_shops (shop_id, revision, body) VALUES ('s-1', 7, '{}')"),
  );
  await configure([...shards, { id: 2, writer: extra('added') }]);
  expect(await run('init', '--yes')).toMatchObject({ code: 3, stderr: expect.stringMatching(/shard add 2/) });
  const dry = await run('shard', 'add', '2', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stderr: expect.stringMatching(/^dry run, .*Add shard 2/m) });
  expect(await tablesOf(extra('added'))).toEqual([]);
  expect(await json('shard', 'add', '2', '--yes')).toMatchObject({ shard: 2, 'map version': 2 });
  // What was cut off can be done again.
  expect(await json('shard', 'add', '2', '--yes')).toMatchObject({ 'map version': 2 });
  const shown = (await json('topology', 'show')) as { shards: object[] };
  expect(shown).toMatchObject({ 'map version': 2, epochs: 1 });
  expect(shown.shards).toMatchObject([
    { shard: 0, state: 'up', numbers: 512, keys: 512, moving: 0, map: 2 },
    { shard: 1, state: 'up', numbers: 512, keys: 512, moving: 0, map: 2 },
    { shard: 2, state: 'up', numbers: 0, keys: 0, moving: 0, map: 2 },
  ]);
  const added = openShardSessions([{ id: 2, writer: extra('added') }]);
  try {
    const of = <Row>(sql: string) => added.onShard(2, (session) => session.query<Row>(sql));
    expect(await of('SELECT shop_id, revision FROM catalogue_shops')).toEqual([
      { shop_id: 's-1', revision: '7' },
    ]);
    const fences = await of<{ next_owner: number; state: string }>(
      'SELECT next_owner, state FROM bucket_fences',
    );
    expect(fences.filter(({ state }) => state !== 'moved')).toEqual([]);
    expect([0, 1].map((id) => fences.filter(({ next_owner }) => next_owner === id).length)).toEqual([
      512, 512,
    ]);
  } finally {
    await added.close();
  }
});

test('plan says what would move, for the version of the map', async () => {
  const { plan, least } = (await json('plan')) as {
    plan: { mapVersion: number; moves: { kind: string; to: number }[] };
    least: number;
  };
  expect(plan.mapVersion).toBe(2);
  expect(least).toBe(341);
  expect(plan.moves.filter(({ kind }) => kind === 'numbers')).toHaveLength(341);
  expect(plan.moves.every(({ to }) => to === 2)).toBe(true);
  const table = await run('plan', '--empty', '2');
  expect(table.stdout).toContain('Nothing has to move.');
});

test('a shard that cannot be one of the cluster is refused with its reason, and nothing is changed', async () => {
  await configure([{ id: 0, writer: extra('foreign') }]);
  await shardRebalance(['init', '--yes'], { ORDERSHARD_SHARDS_FILE: file, ORDERSHARD_CLUSTER: 'other' });
  const filled = openShardSessions([{ id: 3, writer: extra('filled') }]);
  await filled.onShard(3, (session) => session.execute('CREATE TABLE someones (id INT)'));
  await filled.close();

  const known = [...shards, { id: 2, writer: extra('added') }];
  const refusal = async (id: number, writer?: string) => {
    await configure(writer === undefined ? known : [...known, { id, writer }]);
    const { code, stderr, stdout } = await run('shard', 'add', String(id), '--yes');
    return { code, stdout, why: stderr };
  };
  const refused = (why: RegExp) => ({ code: 3, stdout: '', why: expect.stringMatching(why) });
  expect(await refusal(3)).toEqual(refused(/shard 3: it is not configured/));
  expect(await refusal(3, extra('foreign'))).toEqual(refused(/belongs to cluster other, not topology/));
  expect(await refusal(3, extra('filled'))).toEqual(refused(/not empty: it has the table someones/));
  expect(await tablesOf(extra('filled'))).toEqual([{ name: 'someones' }]);
  const dead = await refusal(3, 'mysql://u:hidden@127.0.0.1:9/nowhere');
  expect(dead.code).toBe(1);
  expect(dead.why).toMatch(/shard 3: /);
  expect(dead.why).not.toContain('hidden');
  expect(await json('topology', 'show')).toMatchObject({ 'map version': 2 });
});

test('history tells of every action', async () => {
  const actions = (await json('history')) as { action: string; outcome: string; reason: string | null }[];
  expect(actions.map(({ action, outcome }) => `${action}: ${outcome}`)).toEqual([
    'shard add: done',
    'shard add: done',
    'init: done',
    'init: done',
  ]);
  expect(actions.at(-1)).toMatchObject({ reason: 'a test', arguments: { shards: [0, 1], buckets: null } });
  const { stdout } = await run('history', '--limit', '1');
  expect(stdout).toMatch(/^id +started \(UTC\) +who +action +outcome/);
});
