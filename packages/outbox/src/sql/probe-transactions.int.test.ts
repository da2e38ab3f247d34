import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ShardRouter } from '@ordershard/shard-router';
import { insertEvents, OutboxCluster } from '../outbox.fixture.ts';
import { type OpenTransactions, probeTransactions } from './probe-transactions.ts';

let cluster: OutboxCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await OutboxCluster.create('probe');
  router = await cluster.router();
}, 60_000);

afterAll(async () => cluster.end(), 30_000);

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

test('what the server has kept from before is not taken for now', async () => {
  await probe();
  // Asked again within the time for which the server keeps its answer, unless this process was held up in between.
  const answers = await Promise.all([look(), look(), look(), look()]);
  expect(answers.filter((answer) => answer !== undefined).length).toBeLessThan(answers.length);
});
