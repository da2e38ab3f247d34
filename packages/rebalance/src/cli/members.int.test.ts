import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openShardSessions, type ShardConfig, withShardSessions } from '@ordershard/shard-router';
import { startTestShards, type TestShards } from '@ordershard/shard-router/testing';
import { RIDE_MIGRATIONS, RIDE_TABLES } from '../move/rides.fixture.ts';
import { makePartitionsAhead } from '../retention/make-ahead.ts';
import { type CliRun, inThisProcess } from './cli.fixture.ts';

const REGISTRY = fileURLToPath(new URL('registry.fixture.ts', import.meta.url));

let c: TestShards;
let d: TestShards;
let folder: string;

/** A cluster of three shards. */
function threeShards(clusterId: string): Promise<TestShards> {
  const [first, second] = process.env['ORDERSHARD_MYSQL_URLS']!.split(',') as [string, string];
  return startTestShards({
    urls: [first, second, first],
    directories: [RIDE_MIGRATIONS],
    clusterId,
    bucketCount: 8,
    prepare: (shards) => withShardSessions(shards, (session) => makePartitionsAhead(session, RIDE_TABLES)),
  });
}

beforeAll(async () => {
  [c, d, folder] = await Promise.all([
    threeShards('c'),
    threeShards('d'),
    mkdtemp(join(tmpdir(), 'ordershard-cli-')),
  ]);
});

afterAll(async () => {
  await Promise.all([c.end(), d.end(), rm(folder, { recursive: true })]);
});

let files = 0;

/** Runs commands as for cluster c, with a shards file, one after the other. */
async function runWith(shards: readonly ShardConfig[], ...commands: string[]): Promise<readonly CliRun[]> {
  const file = join(folder, `shards-${(files += 1)}.json`);
  await writeFile(file, JSON.stringify({ shards }));
  const env = { ORDERSHARD_SHARDS_FILE: file, ORDERSHARD_CLUSTER: 'c', ORDERSHARD_REGISTRY: REGISTRY };
  const runs: CliRun[] = [];
  for (const command of commands) runs.push(await inThisProcess(command, env));
  return runs;
}

const refused = (why: RegExp) => ({ code: 3, stdout: '', stderr: expect.stringMatching(why) });

/** The fences and the log of a cluster: what a refused command must not have changed. */
async function stateOf({ shards }: TestShards): Promise<unknown> {
  return withShardSessions(shards, async (session) => ({
    fences: await session.query('SELECT * FROM bucket_fences ORDER BY bucket, range_from'),
    openings: await session.query('SELECT * FROM epoch_openings'),
    actions: await session.query('SELECT * FROM operator_actions'),
  }));
}

test('with a file that lacks a member, what needs all members is refused by its name', async () => {
  const before = await stateOf(c);
  const needing = ['drain 2', 'undrain 1', 'epoch open', 'epoch abort', 'epoch close', 'run', 'rollback'];
  const runs = await runWith(
    c.shards.slice(0, 2),
    ...needing.map((command) => `${command} --yes`),
    'drain 2 --dry-run',
    'plan',
    'verify',
    'history',
  );
  for (const run of runs) expect(run).toMatchObject(refused(/shard 2 of the cluster is not configured here/));
  expect(await runWith(c.shards.slice(0, 2), 'status')).toMatchObject([
    { code: 0, stderr: expect.stringMatching(/shard 2 .* is left out/) },
  ]);
  expect(await runWith(c.shards.slice(1), 'status')).toMatchObject([
    refused(/shard 0 of the cluster is not configured/),
  ]);
  expect(await stateOf(c)).toEqual(before);
});

test('a file of another cluster, or with its URLs in another order, is refused whatever the command', async () => {
  const before = await stateOf(d);
  const commands = ['cleanup --yes', 'verify', 'status', 'history', 'retention status', 'resume --yes'];
  for (const run of await runWith(d.shards, ...commands))
    expect(run).toMatchObject(refused(/shard \d: its database belongs to cluster d/));
  const [first, second, third] = c.shards as [ShardConfig, ShardConfig, ShardConfig];
  const swapped = [{ id: 0, writer: second.writer }, { id: 1, writer: first.writer }, third];
  for (const run of await runWith(swapped, ...commands))
    expect(run).toMatchObject(refused(/shard \d: its database is shard \d/));
  expect(await stateOf(d)).toEqual(before);
});

test('a member whose URL leads to an empty database is refused; a database that is no member yet disturbs nothing', async () => {
  const empty = `${c.shards[0]!.writer}_empty`;
  const sessions = openShardSessions(c.shards);
  const onFirst = (sql: string) => sessions.onShard(0, (session) => session.execute(sql));
  const name = new URL(empty).pathname.slice(1);
  await onFirst(`CREATE DATABASE ${name}`);
  try {
    const [lost] = await runWith([...c.shards.slice(0, 2), { id: 2, writer: empty }], 'status');
    expect(lost).toMatchObject(refused(/shard 2: its database was not initialised/));
    const looks = ['status', 'verify', 'history', 'plan', 'resume --yes'];
    for (const run of await runWith([...c.shards, { id: 3, writer: empty }], ...looks))
      expect(run).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/shard 3/) });
  } finally {
    await onFirst(`DROP DATABASE ${name}`);
    await sessions.close();
  }
});

test('a plan is for the cluster and the map that it was made for, and for nothing else', async () => {
  const kept = join(folder, 'plan.json');
  expect(await runWith(c.shards, `plan --empty 2 --out ${kept}`)).toMatchObject([{ code: 0 }]);
  const plan = JSON.parse(await readFile(kept, 'utf8')) as Record<string, unknown>;
  const other = async (name: string, changes: Record<string, unknown>) => {
    const file = join(folder, name);
    await writeFile(file, JSON.stringify({ ...plan, ...changes }));
    return `run --yes --plan ${file}`;
  };
  const [ofAnother, ofAnotherMap, unbound, both] = await runWith(
    c.shards,
    await other('cluster.json', { cluster: 'd' }),
    await other('map.json', { mapHash: '0'.repeat(64) }),
    await other('unbound.json', { cluster: undefined, mapHash: undefined }),
    `run --yes --plan ${kept} --empty 0`,
  );
  expect(ofAnother).toMatchObject(refused(/the plan is for cluster d, and this is c/));
  expect(ofAnotherMap).toMatchObject(refused(/another version 1 of the shard map/));
  expect(unbound).toMatchObject(refused(/of an earlier release, make it anew/));
  expect(both).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/--plan.*--empty/) });
});
