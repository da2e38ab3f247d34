import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nextMap, publishMap } from '@ordershard/shard-router';
import { startTestShards } from '@ordershard/shard-router/testing';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { openCluster } from '../cluster.ts';
import { ShardRefusedError } from '../errors.ts';
import { RIDE_MIGRATIONS, RIDE_TABLES } from '../move/rides.fixture.ts';
import { addShard, checkCandidate } from './add-shard.ts';
import { clusterMap } from './cluster-map.ts';

let namespace: Namespace;

beforeAll(async () => {
  namespace = await testNamespace('again');
});

afterAll(async () => namespace.drop());

test('a database with an earlier life in the cluster is refused by what it owns, its rows, and its map; emptied it is taken', async () => {
  const [first, second] = namespace.env['ORDERSHARD_MYSQL_URLS']!.split(',') as [string, string];
  const clusterOf = (...urls: readonly string[]) =>
    startTestShards({ urls, directories: [RIDE_MIGRATIONS], clusterId: 'again', bucketCount: 8 });
  const application = { TABLES: RIDE_TABLES, MIGRATIONS: [RIDE_MIGRATIONS] };
  // The cluster was made anew; the database of its third shard was kept.
  const earlier = await clusterOf(first, second, first);
  const anew = await clusterOf(first, second);
  const shards = [...anew.shards, earlier.shards[2]!];
  const cluster = openCluster({ clusterId: 'again', shards, application });
  const onKept = (sql: string) => cluster.onShard(2, (session) => session.execute(sql));
  const check = () => checkCandidate(cluster, application, 2);
  try {
    await expect(check()).rejects.toThrow(ShardRefusedError);
    await expect(check()).rejects.toThrow(
      /shard 2: by its fences it owns buckets 2,5 of keys, buckets 2,5 of numbers, .*earlier life: empty it/,
    );
    for (const table of ['bucket_fences', 'key_fences', 'text_fences'])
      await onKept(`UPDATE ${table} SET state = 'moved', next_owner = bucket % 2`);
    await onKept(
      `INSERT INTO promises (promise, bucket, key_generation, body) VALUES ('p', 2, 0, 'x'), ('q', 2, 0, 'x')`,
    );
    await expect(check()).rejects.toThrow(/it has 2 rows of promises, of which the map gives it none/);
    await onKept('DELETE FROM promises');
    const map = await clusterMap(cluster, [0, 1]);
    await publishMap(nextMap(map, nextMap(map, map)), [2], cluster.onShard);
    await expect(check()).rejects.toThrow(/it has version 3 of the shard map, and the cluster has 1/);
    // Nobody goes by a map that only a database has which no shard of the cluster knows.
    expect(await clusterMap(cluster)).toMatchObject({ version: 1, shards: [0, 1] });
    await onKept('DELETE FROM shard_maps WHERE version > 1');
    const added = await addShard(cluster, application, await check(), { by: 'test', tell: () => undefined });
    expect(added).toMatchObject({ version: 2, shards: [0, 1, 2] });
  } finally {
    await cluster.close();
    await Promise.all([earlier.end(), anew.end()]);
  }
});
