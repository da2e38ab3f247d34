import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { ORDERS_TOPIC, outboxTableOf } from '../../append/topic.ts';
import {
  insertEvents,
  limitTopic,
  OutboxCluster,
  RELAY,
  type TestEvent,
  until,
} from '../../outbox.fixture.ts';
import type { TopicReader } from '../../topic-reader.fixture.ts';

let cluster: OutboxCluster;
let reader: TopicReader;
let relay: OwnProcess;

const LARGE = 'x'.repeat(2_000_000);

beforeAll(async () => {
  cluster = await OutboxCluster.create('parking');
  relay = await startProcess({ file: RELAY, args: ['relay'], env: cluster.env });
  reader = await cluster.reader();
  await limitTopic(cluster, 1_000_000);
});

afterEach(async () => {
  await cli('retry', '--all').catch(() => undefined);
});

afterAll(async () => {
  await relay.kill();
  await cluster.end();
});

async function cli(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', RELAY, 'parked', ...args],
    { env: { ...process.env, ...cluster.env } },
  );
  return stdout;
}

async function insert(events: readonly TestEvent[]): Promise<void> {
  await insertEvents(await cluster.connect(0), events);
}

const seen = (id: string) => until(`${id} is published`, () => reader.ids.includes(id));

async function parked(): Promise<{ eventId: string; reason: string | null }[]> {
  return JSON.parse(await cli('list', '--json')) as { eventId: string; reason: string | null }[];
}

test('a row that is too large is parked with its reason; its order waits, all others go on; one that was discarded lets it go on', async () => {
  await insert([{ order: '70', version: 1 }]);
  await seen('70-1');
  await insert([
    { order: '70', version: 2, note: LARGE },
    { order: '70', version: 3 },
    { order: '71', version: 1 },
  ]);
  await seen('71-1');
  await insert([{ order: '70', version: 4 }]);
  await until('all of the order is parked', async () => (await parked()).length === 3);
  expect((await parked()).map(({ eventId, reason }) => [eventId, reason === null])).toEqual([
    ['70-2', false],
    ['70-3', true],
    ['70-4', true],
  ]);
  expect(reader.ids.filter((id) => id.startsWith('70-'))).toEqual(['70-1']);
  // Another relay, or the same one later, holds them too.
  await relay.stop();
  relay = await startProcess({ file: RELAY, args: ['relay'], env: cluster.env });
  await insert([{ order: '70', version: 5 }]);
  await until('that one waits too', async () => (await parked()).length === 4);
  await cli('discard', '--event', '70-2', '--reason', 'a test');
  await seen('70-5');
  expect(reader.ids.filter((id) => id.startsWith('70-'))).toEqual(['70-1', '70-3', '70-4', '70-5']);
  await insert([{ order: '70', version: 6 }]);
  await seen('70-6');
  expect(await parked()).toEqual([]);
  expect(await cli('list', '--discarded')).toContain('event 70-2  discarded');
});

test('after the topic takes it, a retry brings all in, in order; before, it is parked again', async () => {
  await insert([
    { order: '80', version: 1, note: LARGE },
    { order: '80', version: 2 },
  ]);
  const ofOrder = async () => (await parked()).filter(({ eventId }) => eventId.startsWith('80-'));
  await until('both are parked', async () => (await ofOrder()).length === 2);
  await cli('retry', '--order', '80');
  await until('it was tried again, in vain', async () =>
    (await cli('list', '--order', '80')).includes('refused 2 times'),
  );
  await limitTopic(cluster, 4_000_000);
  await cli('retry', '--event', '80-1');
  await seen('80-2');
  expect(reader.ids.filter((id) => id.startsWith('80-'))).toEqual(['80-1', '80-2']);
  await until('nothing of it is parked', async () => (await ofOrder()).length === 0);
  await expect(cli('retry', '--order', '80')).rejects.toThrow('nothing of that is parked');
});

test('a release lasts while the order goes on', async () => {
  await limitTopic(cluster, 1_000_000);
  await insert([
    { order: '100', version: 1, note: LARGE },
    { order: '100', version: 2 },
  ]);
  const connection = await cluster.connect(0);
  let version = 2;
  const going = new AbortController();
  const writing = (async () => {
    while (!going.signal.aborted) {
      await insertEvents(connection, [{ order: '100', version: version + 1 }]);
      version += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await until('some wait behind the refused one', async () => (await parked()).length > 20);
  await limitTopic(cluster, 4_000_000);
  await cli('retry', '--order', '100');
  await seen(`100-${version}`);
  going.abort();
  await writing;
  await seen(`100-${version}`);
  expect(reader.ids.filter((id) => id.startsWith('100-'))).toEqual(
    Array.from({ length: version }, (_, i) => `100-${i + 1}`),
  );
  expect(await parked()).toEqual([]);
});

test('a parked event whose row is gone is told of and passed over; its order and its table go on', async () => {
  await limitTopic(cluster, 1_000_000);
  await insert([
    { order: '110', version: 1, note: LARGE },
    { order: '110', version: 2 },
  ]);
  await until('both are parked', async () => (await parked()).length === 2);
  const connection = await cluster.connect(0);
  await connection.query(`DELETE FROM ${outboxTableOf(ORDERS_TOPIC, '110')} WHERE event_id = '110-1'`);
  // The relay looks by itself now and then, and may have before this.
  await cli('retry', '--order', '110').catch(() => undefined);
  await insert([{ order: '110', version: 3 }]);
  await seen('110-3');
  expect(reader.ids.filter((id) => id.startsWith('110-'))).toEqual(['110-2', '110-3']);
  expect(await cli('list', '--order', '110', '--discarded')).toContain('event 110-1  discarded');
  await relay.logged(({ events }) => JSON.stringify(events ?? '').includes('"110-1"'));
  expect(relay.log.filter(({ msg }) => msg === 'table given up')).toEqual([]);
});

test('many rows that are too large among others are parked soon, and nothing is sent twice on the way', async () => {
  await relay.stop();
  await limitTopic(cluster, 4_000);
  const table = outboxTableOf(ORDERS_TOPIC, '70');
  const orders = Array.from({ length: 4_000 }, (_, i) => String(10_000 + i))
    .filter((order) => outboxTableOf(ORDERS_TOPIC, order) === table)
    .slice(0, 900);
  const isLarge = (order: string) => orders.indexOf(order) % 3 === 0;
  await insert(
    orders.map((order) => ({ order, version: 1, ...(isLarge(order) ? { note: 'x'.repeat(6_000) } : {}) })),
  );
  relay = await startProcess({ file: RELAY, args: ['relay'], env: cluster.env });
  const small = orders.filter((order) => !isLarge(order)).map((order) => `${order}-1`);
  await until('all others are published', () => {
    const ids = new Set(reader.ids);
    return small.every((id) => ids.has(id));
  });
  await until('the large ones are parked', async () => (await parked()).length === 300);
  expect(reader.ids.filter((id) => small.includes(id))).toHaveLength(small.length);
  await limitTopic(cluster, 4_000_000);
  await cli('retry', '--all');
  await until('nothing is parked any more', async () => (await parked()).length === 0);
});

test('the metrics tell of lag and of parked rows', async () => {
  await insert([{ order: '90', version: 1, note: LARGE.repeat(3) }]);
  const metrics = async () => (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text();
  await until('one is parked', async () =>
    /ordershard_outbox_parked_rows\{shard="0",table="outbox_orders_\d"\} [1-9]/.test(await metrics()),
  );
  const text = await metrics();
  expect(text).toMatch(/ordershard_outbox_lag_rows\{shard="1",table="outbox_orders_3"\} 0/);
  expect(text).toMatch(/ordershard_outbox_lag_seconds\{shard="0",table="outbox_orders_0"\} /);
  expect(text).toMatch(/ordershard_outbox_published_total\{shard="0"\} \d+/);
  await cli('discard', '--event', '90-1', '--reason', 'a test');
});
