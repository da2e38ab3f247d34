import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readProcesses, type ShardRouter } from '@ordershard/shard-router';
import { insertEvents, OutboxCluster } from '../outbox.fixture.ts';
import { type OpenTransactions, probeTransactions } from './probe-transactions.ts';

let cluster: OutboxCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await OutboxCluster.create('probe');
  router = await cluster.router();
});

afterAll(async () => cluster.end());

const look = () => router.onShard(0, (session) => probeTransactions(session, randomUUID()));

/** Looks until the server answers from now; it renews what it shows when nobody has asked for a while. */
async function probe(): Promise<OpenTransactions> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

test('a transaction that has written is seen until it ends; ids rise', async () => {
  const writer = await cluster.connect(0);
  const before = await probe();
  await writer.beginTransaction();
  await insertEvents(writer, [{ order: '1', version: 1 }]);
  const during = await probe();
  expect(during.own).toBeGreaterThan(before.own);
  expect(during.oldest).toBeLessThan(during.own);
  expect(during.oldest).toBeGreaterThan(before.own);
  await writer.rollback();
  const after = await probe();
  expect(after.oldest).toBeGreaterThan(during.oldest);
});

test('one that only reads is not', async () => {
  const reader = await cluster.connect(0);
  const before = await probe();
  await reader.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  await reader.query('SELECT COUNT(*) FROM outbox_orders_0');
  const during = await probe();
  expect(during.oldest).toBeGreaterThan(before.own);
  await reader.rollback();
});

test('however often it is asked, each answer is of now and tells who is oldest', async () => {
  const writer = await cluster.connect(0);
  await writer.beginTransaction();
  await insertEvents(writer, [{ order: '3', version: 1 }]);
  const [[{ id }]] = (await writer.query('SELECT CONNECTION_ID() AS id')) as unknown as [[{ id: number }]];
  // Within the time for which the server keeps its answer.
  const answers = await Promise.all([look(), look(), look(), look(), look(), look()]);
  expect(new Set(answers.map((answer) => answer?.own)).size).toBe(answers.length);
  for (const { own, oldest, connection } of answers as OpenTransactions[]) {
    expect(oldest).toBeLessThan(own);
    expect(connection).toBe(String(id));
  }
  await writer.rollback();
});

test('a transaction that runs a text with an emoji is seen like any other', async () => {
  const writer = await cluster.connect(0);
  const before = await probe();
  await writer.beginTransaction();
  await insertEvents(writer, [{ order: '2', version: 1 }]);
  const [[{ id }]] = (await writer.query('SELECT CONNECTION_ID() AS id')) as unknown as [[{ id: number }]];
  const running = writer.query(`SELECT SLEEP(60), '🍜'`).catch(() => undefined);
  await untilItRuns(id);
  const during = await probe();
  expect(during.oldest).toBeGreaterThan(before.own);
  expect(during.oldest).toBeLessThan(during.own);
  await router.onShard(0, (session) => session.execute(`KILL QUERY ${id}`));
  await running;
  await writer.rollback();
});

async function untilItRuns(id: number): Promise<void> {
  for (;;) {
    const processes = await router.onShard(0, readProcesses);
    if (processes.some((each) => each.id === String(id) && each.state === 'User sleep')) return;
  }
}
