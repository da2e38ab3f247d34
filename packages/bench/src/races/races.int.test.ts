import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  changeOrder,
  type ChangeOrder,
  type CommandParts,
  migrate,
  OrderError,
  placeOrder,
  readApiSettings,
  ShardCatalogue,
} from '@ordershard/order-service';
import { ORDERS_TOPIC, outboxTableOf } from '@ordershard/outbox';
import { connectShardRouter, type ShardRouter, shardsFromUrls } from '@ordershard/shard-router';
import { type Namespace, type OwnProcess, startProcess, testNamespace } from '@ordershard/stack';
import { messagesOf } from '../faults/relay/check/topic.ts';
import { KafkaProxy } from '../faults/relay/kafka/kafka-proxy.ts';

const RELAY = fileURLToPath(new URL('../../../outbox/src/bin.ts', import.meta.url));
const PATIENCE_MS = 60_000;
const ORDERS = 60;

let namespace: Namespace;
let router: ShardRouter;
let parts: CommandParts;
let proxy: KafkaProxy;
let relay: OwnProcess;

beforeAll(async () => {
  namespace = await testNamespace('races');
  const { ORDERSHARD_CLUSTER: clusterId } = readApiSettings(namespace.env);
  const shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrate(clusterId, shards);
  router = await connectShardRouter({ clusterId, shards });
  const catalogue = new ShardCatalogue(router);
  await catalogue.putShop({
    shopId: 'shop-1',
    name: 'Shop',
    currency: 'KRW',
    menus: new Map([['rice', { menuId: 'rice', name: 'Rice', price: 5_000n }]]),
  });
  parts = { router, catalogue, source: '/races', now: () => new Date() };
  proxy = await KafkaProxy.to(namespace.env['ORDERSHARD_KAFKA_BROKERS']!);
  relay = await startProcess({
    file: RELAY,
    args: ['relay'],
    env: { ...namespace.env, ORDERSHARD_KAFKA_BROKERS: proxy.broker },
  });
});

afterAll(async () => {
  await relay.kill();
  await proxy.close();
  await router.close();
  await namespace.drop();
});

const STAFF = { caller: { role: 'service', subject: 'kitchen' } } as const;
const MEMBER = { caller: { role: 'member', subject: 'm-1' } } as const;

/** Places an order, and takes it through some steps. */
async function orderAfter(...steps: ChangeOrder['type'][]): Promise<bigint> {
  const { snapshot } = await placeOrder(
    parts,
    { memberId: 'm-1', shopId: 'shop-1', items: [{ menuId: 'rice', quantity: 1 }] },
    MEMBER,
  );
  const number = BigInt(snapshot.number);
  for (const type of steps) await changeOrder(parts, number, { type, by: 'service' } as ChangeOrder, STAFF);
  return number;
}

/** The types of an order's events on the topic, in their order, each once. */
async function publishedOf(number: bigint): Promise<string[]> {
  const seen = new Map<string, string>();
  const topic = `${namespace.env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${ORDERS_TOPIC.topic}`;
  for await (const { key, headers } of messagesOf(namespace.env['ORDERSHARD_KAFKA_BROKERS']!, topic))
    if (key === String(number) && !seen.has(headers['ce_id']!))
      seen.set(headers['ce_id']!, headers['ce_type']!);
  return [...seen.values()];
}

/** What the outbox holds of an order: versions and types, in the order of ids. */
async function outboxOf(number: bigint): Promise<{ sequence: number; type: string }[]> {
  return router.onShard(router.shardOf(number), (session) =>
    session.query<{ sequence: number; type: string }>(
      `SELECT sequence, type FROM ${outboxTableOf(ORDERS_TOPIC, String(number))} WHERE aggregateid = ? ORDER BY id`,
      [String(number)],
    ),
  );
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
}

test('two changes of an order at once: one after the other, or one is refused; each that happened is published once, in order', async () => {
  const numbers = await Promise.all(
    Array.from({ length: ORDERS }, () => orderAfter('pay', 'accept', 'cook', 'ready')),
  );
  // Dispatched, and called off, nearly at once; and the same step twice.
  const races = await Promise.all(
    numbers.map((number, i) => {
      const other: ChangeOrder =
        i % 2 === 0
          ? { type: 'cancel', by: 'service', reason: 'too late?' }
          : { type: 'dispatch', by: 'service' };
      return Promise.allSettled([
        changeOrder(parts, number, { type: 'dispatch', by: 'service' }, STAFF),
        changeOrder(parts, number, other, STAFF),
      ]);
    }),
  );
  for (const [i, race] of races.entries()) {
    const done = race.filter(({ status }) => status === 'fulfilled');
    const refused = race.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(done).toHaveLength(1);
    expect(refused).toEqual([expect.any(OrderError)]);
    const rows = await outboxOf(numbers[i]!);
    expect(rows.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(['order.dispatched', 'order.cancelled']).toContain(rows.at(-1)?.type);
  }
  const last = numbers.at(-1)!;
  await until('the last one is published', async () => (await publishedOf(last)).length === 6);
  for (const number of numbers.slice(0, 12)) {
    const rows = await outboxOf(number);
    await until('its events are published', async () => (await publishedOf(number)).length === rows.length);
    expect(await publishedOf(number)).toEqual(rows.map(({ type }) => type));
  }
}, 180_000);

test('a cancel whose publishing fails at first is published before anything later of its order, and nothing is lost', async () => {
  const number = await orderAfter('pay');
  await until('it is published so far', async () => (await publishedOf(number)).length === 2);
  const failed = relay.logged(({ msg }) => String(msg).startsWith('publishing failed'));
  proxy.shut();
  await changeOrder(parts, number, { type: 'cancel', by: 'member', reason: 'changed my mind' }, MEMBER);
  await failed;
  // Meanwhile life goes on: the money goes back, which whoever delivers must not hear of before the cancel.
  await changeOrder(parts, number, { type: 'refund', by: 'service', reason: 'cancelled' }, STAFF);
  expect(await publishedOf(number)).toEqual(['order.created', 'order.paid']);
  proxy.open();
  await until('both are published', async () => (await publishedOf(number)).length === 4);
  expect(await publishedOf(number)).toEqual([
    'order.created',
    'order.paid',
    'order.cancelled',
    'order.refunded',
  ]);
});
