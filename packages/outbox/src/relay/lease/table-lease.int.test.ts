import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ShardRouter } from '@ordershard/shard-router';
import type { Connection } from 'mysql2/promise';
import { insertRelay } from '../../sql/insert-relay.ts';
import { renewLease } from '../../sql/renew-lease.ts';
import { saveProgress } from '../../sql/save-progress.ts';
import { OutboxCluster } from '../../outbox.fixture.ts';
import { TableLease } from './table-lease.ts';
import { LEASE_MS } from './timing.ts';

let cluster: OutboxCluster;
let router: ShardRouter;
let connection: Connection;
let table: string;
let tables = 0;
const leases: TableLease[] = [];

beforeAll(async () => {
  cluster = await OutboxCluster.create('lease');
  router = await cluster.router();
  connection = await cluster.connect(0);
});

beforeEach(async () => {
  tables += 1;
  table = `outbox_test_${tables}`;
  await connection.query(`CREATE TABLE ${table} (id BIGINT UNSIGNED PRIMARY KEY)`);
  await connection.query(`INSERT INTO ${table} VALUES (100)`);
  await router.onShard(0, (session) => insertRelay(session, table));
});

afterAll(async () => {
  for (const lease of leases) lease.stop();
  await cluster.end();
});

async function acquire(holder: string) {
  const taken = await TableLease.acquire(router, 0, table, holder);
  if (taken !== undefined) leases.push(taken.lease);
  return taken;
}

/** Lets a lease run out, as if its holder had been silent. */
async function expire(): Promise<void> {
  await router.onShard(0, (session) =>
    session.execute('UPDATE outbox_relays SET leased_until = UTC_TIMESTAMP(3) WHERE table_name = ?', [table]),
  );
}

const save = (lease: TableLease, settledId: bigint, before = 0n) =>
  router.onShard(0, (session) =>
    saveProgress(session, lease.ticket, { settledId, gaps: '[["3","4"]]' }, before),
  );

test('a lease has one holder at a time', async () => {
  const first = await acquire('a');
  expect(first?.lease.holds(0)).toBe(true);
  expect(first?.progress).toEqual({ token: 1n, settledId: 0n, gaps: '[]' });
  expect(await acquire('b')).toBeUndefined();
});

test('one that is given back is free at once, its progress kept', async () => {
  const first = await acquire('a');
  expect(await save(first!.lease, 7n)).toBe('stored');
  await first!.lease.release();
  expect(first!.lease.holds(0)).toBe(false);
  const second = await acquire('b');
  expect(second?.progress).toEqual({ token: 2n, settledId: 7n, gaps: '[["3","4"]]' });
});

test('a holder that was thought dead can store, renew and release nothing', async () => {
  const first = await acquire('a');
  await expire();
  const second = await acquire('b');
  expect(await save(first!.lease, 99n)).toBe('taken');
  expect(await router.onShard(0, (session) => renewLease(session, first!.lease.ticket, LEASE_MS))).toBe(
    false,
  );
  await first!.lease.release();
  expect(await save(second!.lease, 5n)).toBe('stored');
  expect(await acquire('c')).toBeUndefined();
  const state = (await cluster.relayStates(0)).find((relay) => relay.table === table);
  expect(state).toMatchObject({ holder: 'b', token: 2, settledId: 5, held: true });
});

test('under the same name it is taken again before its end, and what it was before is void', async () => {
  const first = await acquire('a');
  const second = await acquire('a');
  expect(second?.progress.token).toBe(2n);
  expect(await save(first!.lease, 99n)).toBe('taken');
  expect(await save(second!.lease, 1n)).toBe('stored');
});

test('a database that has not what was stored, or not the row that it goes up to, stores nothing', async () => {
  const lease = (await acquire('a'))!.lease;
  expect(await save(lease, 101n)).toEqual({ known: 100n });
  expect(await save(lease, 50n, 40n)).toEqual({ known: 0n });
  expect(await save(lease, 100n)).toBe('stored');
  // The answer was lost, and it is asked for again.
  expect(await save(lease, 100n)).toBe('stored');
  expect(await save(lease, 90n, 80n)).toBe('taken');
});

test('one that has run out is not renewed', async () => {
  const first = await acquire('a');
  await expire();
  expect(await router.onShard(0, (session) => renewLease(session, first!.lease.ticket, LEASE_MS))).toBe(
    false,
  );
});

test('making a row that is there changes nothing', async () => {
  const first = await acquire('a');
  await save(first!.lease, 7n);
  await router.onShard(0, (session) => insertRelay(session, table));
  expect((await cluster.relayStates(0)).find((relay) => relay.table === table)).toMatchObject({
    settledId: 7,
  });
});
