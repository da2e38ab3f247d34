import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkDrift, type ShardConfig, shardsFromUrls, withShardSessions } from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { migrate } from './migrate.ts';
import { SCHEMA_FILE, schemaFileOf } from './schema.fixture.ts';

let namespace: Namespace;
let shards: readonly ShardConfig[];

beforeAll(async () => {
  namespace = await testNamespace('schema');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrate('schema', shards);
});

afterAll(() => namespace.drop());

test('all shards have the same schema', async () => {
  expect(await checkDrift(shards)).toEqual([]);
});

test('the schema in the repository is what the migrations make', async () => {
  const [version] = await withShardSessions([shards[0]!], (session) =>
    session.query<{ version: string }>('SELECT VERSION() AS version'),
  );
  // Other servers show the same schema in other words.
  if (!version![0]!.version.startsWith('9.')) return;
  expect(await schemaFileOf(shards[0]!)).toBe(await readFile(SCHEMA_FILE, 'utf8'));
});
