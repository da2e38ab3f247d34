import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Admin } from '@platformatic/kafka';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import { insertEvents, OutboxCluster, RELAY, type TestEvent, until } from '../../outbox.fixture.ts';
import type { TopicReader } from '../../topic-reader.fixture.ts';

let cluster: OutboxCluster;
let reader: TopicReader;
let relay: OwnProcess;

const LARGE = 'x'.repeat(2_000_000);

beforeAll(async () => {
  cluster = await OutboxCluster.create('parking');
  relay = await startProcess({ file: RELAY, args: ['relay'], env: cluster.env });
  reader = await cluster.reader();
  await limitTopic(1_000_000);
}, 60_000);

afterEach(async () => {
  await cli('retry', '--all').catch(() => undefined);
});

afterAll(async () => {
  await relay.kill();
  await cluster.end();
}, 30_000);

/** Says how large a message of the topic may be, in bytes. */
async function limitTopic(bytes: number): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: cluster.brokers });
  await admin.incrementalAlterConfigs({
    resources: [
      {
        resourceType: 2,
        resourceName: cluster.topic,
        configs: [{ name: 'max.message.bytes', configOperation: 0, value: String(bytes) }],
      },
    ],
  });
  await admin.close();
}

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
}, 120_000);

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
  await limitTopic(4_000_000);
  await cli('retry', '--event', '80-1');
  await seen('80-2');
  expect(reader.ids.filter((id) => id.startsWith('80-'))).toEqual(['80-1', '80-2']);
  await until('nothing of it is parked', async () => (await ofOrder()).length === 0);
  await expect(cli('retry', '--order', '80')).rejects.toThrow('nothing of that is parked');
}, 120_000);

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
}, 60_000);
