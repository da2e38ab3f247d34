import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withShardSessions } from '../pools/with-shard-sessions.ts';
import { testCluster, type TestCluster } from '../router.fixture.ts';
import { ROUTER_MIGRATIONS } from './migrate-shards.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await testCluster('ranges');
});

afterAll(async () => cluster.end());

const onShards = (sql: string) =>
  withShardSessions(cluster.shards, async (session) => {
    await session.execute(sql);
  });

const ranges = () =>
  withShardSessions(cluster.shards, async (session) =>
    (
      await session.query<{ line: string }>(
        `SELECT DISTINCT CONCAT(key_generation, ': ', range_from, ' to ', range_to) AS line FROM key_fences ORDER BY line`,
      )
    ).map(({ line }) => line),
  );

const END = '9223372036854775807';

test('fences of keys that an earlier move has made for all numbers get the range of their generation', async () => {
  const mend = readFileSync(join(ROUTER_MIGRATIONS, '0013_key_ranges.sql'), 'utf8');
  await onShards(mend);
  expect(await ranges()).toEqual([[`0: 0 to ${END}`], [`0: 0 to ${END}`]]);
  await onShards('UPDATE key_fences SET range_to = 5000');
  await onShards(
    `INSERT INTO key_fences (bucket, key_generation, range_from, range_to, state, generation)
     SELECT bucket, 1, 5000, ${END}, 'moved', 1 FROM key_fences`,
  );
  await onShards(`UPDATE key_fences SET range_from = 0, range_to = ${END} WHERE bucket = 3`);
  expect((await ranges())[0]).toHaveLength(4);
  await onShards(mend);
  const right = ['0: 0 to 5000', `1: 5000 to ${END}`];
  expect(await ranges()).toEqual([right, right]);
});

test('buckets that an epoch has not cut yet keep their range', async () => {
  const mend = readFileSync(join(ROUTER_MIGRATIONS, '0013_key_ranges.sql'), 'utf8');
  await onShards('DELETE FROM key_fences WHERE bucket = 4 AND key_generation = 1');
  await onShards(`UPDATE key_fences SET range_to = ${END} WHERE bucket = 4`);
  await onShards(mend);
  expect((await ranges())[0]).toContain(`0: 0 to ${END}`);
});
