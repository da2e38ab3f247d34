import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readApiSettings } from '@ordershard/order-service';
import { TABLES } from '@ordershard/order-service/registry';
import { ORDERS_TOPIC } from '@ordershard/outbox';
import {
  type BucketMove,
  moveBuckets,
  openCluster,
  type OperatorCluster,
  planFor,
} from '@ordershard/rebalance';
import { loadMap, type ShardSession, shardsFromUrls } from '@ordershard/shard-router';
import { testNamespace } from '@ordershard/stack';
import type { TopicMessage } from '../faults/relay/check/comparison.ts';
import { messagesOf } from '../faults/relay/check/topic.ts';
import { ReadModelScene, RELAY, until } from '../rebuild/scene.ts';

let scene: ReadModelScene;
let cluster: OperatorCluster;

beforeAll(async () => {
  scene = await ReadModelScene.create(await testNamespace('moving'));
  cluster = openCluster({
    clusterId: readApiSettings(scene.env).ORDERSHARD_CLUSTER,
    shards: shardsFromUrls(scene.env['ORDERSHARD_MYSQL_URLS']!.split(',')),
    application: { TABLES },
  });
  await scene.start(RELAY, ['relay']);
});

afterAll(async () => {
  await cluster.close();
  await scene.end();
});

const published = async (): Promise<TopicMessage[]> => {
  const topic = `${scene.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${ORDERS_TOPIC.topic}`;
  const all: TopicMessage[] = [];
  for await (const message of messagesOf(scene.env['ORDERSHARD_KAFKA_BROKERS']!, topic)) all.push(message);
  return all;
};

/** Versions of each order in the order of their first delivery. */
const versionsOf = (messages: readonly TopicMessage[]) =>
  new Map(
    [...Map.groupBy(messages, ({ key }) => key)].map(([key, some]) => [
      key,
      [...new Set(some.map(({ headers }) => Number(headers['ce_sequence'])))],
    ]),
  );

const count = async (shard: number, bucket: number): Promise<number> =>
  cluster.onShard(shard, async (session: ShardSession) => {
    const [row] = await session.query<{ n: string }>('SELECT COUNT(*) AS n FROM orders WHERE bucket = ?', [
      bucket,
    ]);
    return Number(row!.n);
  });

test('orders and keys move while they are placed and changed: none is lost, the events of each stay in order', async () => {
  const known = await scene.place(60);
  const map = await loadMap(cluster.shards, cluster.clusterId, cluster.onShard);
  const buckets = [...new Set(known.map((number) => scene.router.bucketOf(number)))]
    .filter((bucket) => map.epochs[0]!.owners[bucket] === 0)
    .slice(0, 6);
  const moves: BucketMove[] = buckets.flatMap((bucket) => [
    { kind: 'numbers', bucket, from: 0, to: 1 },
    { kind: 'keys', bucket, from: 0, to: 1 },
  ]);
  const moving = known.filter((number) => buckets.includes(scene.router.bucketOf(number)));
  const traffic = scene.traffic();
  const changes = (async () => {
    for (const type of ['pay', 'accept', 'cook', 'ready'] as const)
      for (const number of moving) await scene.change([number], type);
  })();
  const [report] = await Promise.all([
    moveBuckets(cluster, planFor(map, moves), { by: 'test', throttle: 'off' }),
    changes,
  ]);
  await traffic.stop();
  expect(report.switched).toHaveLength(moves.length);
  expect(report.mapVersion).toBeGreaterThan(map.version);
  for (const bucket of buckets) {
    const orders = new Set(
      [...known, ...traffic.numbers].filter((number) => scene.router.bucketOf(number) === bucket),
    );
    expect(await count(1, bucket)).toBe(orders.size);
  }
  await until('the last change is published', async () => {
    const versions = versionsOf(await published());
    return moving.every((number) => versions.get(String(number))?.includes(5));
  });
  const versions = versionsOf(await published());
  for (const number of moving) expect(versions.get(String(number))).toEqual([1, 2, 3, 4, 5]);
});
