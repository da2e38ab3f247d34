import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OrderSnapshot } from '@ordershard/order-events';
import { withShardSessions } from '@ordershard/shard-router';
import type { Connection } from 'mysql2/promise';
import { ORDERS_TOPIC, outboxTableOf, outboxTablesOf } from '../append/topic.ts';
import { OutboxCluster } from '../outbox.fixture.ts';
import { countPersonalEvents, eraseEvents } from './erase-events.ts';

let cluster: OutboxCluster;
let connection: Connection;

beforeAll(async () => {
  cluster = await OutboxCluster.create('erase');
  connection = await cluster.connect(0);
});

afterAll(() => cluster.end());

type Told = Partial<Pick<OrderSnapshot, 'note' | 'deliveryAddress' | 'cancellation'>>;

/** Puts the event of an order's version into its outbox table. */
async function insert(order: string, memberId: string, version: number, told: Told): Promise<void> {
  const payload = JSON.stringify({ number: order, version, memberId, total: '7', ...told });
  await connection.query(
    `INSERT INTO ${outboxTableOf(ORDERS_TOPIC, order)}
       (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at)
     VALUES (UTC_DATE(), ?, 'orders', ?, 'order.created', ?, 1, ?, UTC_TIMESTAMP(3))`,
    [`${order}-${version}`, order, version, payload],
  );
}

/** The payload of each event, by its id, in all tables. */
async function payloads(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const table of outboxTablesOf(ORDERS_TOPIC)) {
    const [rows] = await connection.query(`SELECT event_id, payload FROM ${table}`);
    for (const row of rows as { event_id: string; payload: string }[]) found.set(row.event_id, row.payload);
  }
  return found;
}

const erase = async (memberId: string, upTo: bigint) => {
  const [here] = await withShardSessions(cluster.shards, async (session) => {
    await session.execute('SET @ordershard_bucket = -1');
    const whose = { memberId, isMeant: (order: bigint) => order <= upTo };
    const erased = await eraseEvents(session, whose);
    return { ...erased, left: await countPersonalEvents(session, whose) };
  });
  return here;
};

test("a member's events say nothing of them; those of others, and of later orders, stay as they are", async () => {
  const told = { note: 'Geheimgasse 1', deliveryAddress: { line1: 'Geheimgasse 1' } };
  await insert('101', 'm-1', 1, told);
  await insert('101', 'm-1', 2, { ...told, cancellation: { by: 'member', reason: 'Geheimgasse 2' } });
  await insert('102', 'm-1', 1, {});
  await insert('103', 'm-10', 1, { note: 'for "memberId":"m-1"' });
  await insert('104', 'm-%', 1, told);
  await insert('999', 'm-1', 1, told);
  const before = await payloads();
  expect(await erase('m-1', 200n)).toEqual({ rewritten: 2, deleted: 0, left: 0 });
  const after = await payloads();
  expect(after.get('101-1')).toBe('{"number":"101","version":1,"memberId":"m-1","total":"7"}');
  expect(after.get('101-2')).toBe(
    '{"number":"101","version":2,"memberId":"m-1","total":"7","cancellation":{"by":"member","reason":"erased"}}',
  );
  for (const id of ['102-1', '103-1', '104-1', '999-1'])
    expect([id, after.get(id)]).toEqual([id, before.get(id)]);
  expect(await erase('m-1', 200n)).toEqual({ rewritten: 0, deleted: 0, left: 0 });
});

test('rows of a table that Debezium reads go, since it stops at one that changes', async () => {
  const table = outboxTableOf(ORDERS_TOPIC, '105');
  await insert('105', 'm-5', 1, { note: 'Geheimgasse 5' });
  await insert('105', 'm-5', 2, {});
  await connection.query(
    `INSERT INTO outbox_relays (table_name, holder, token, leased_until, settled_id, gaps, engine)
     VALUES (?, '', 0, UTC_TIMESTAMP(3), 0, '[]', 'connect')`,
    [table],
  );
  expect(await erase('m-5', 200n)).toEqual({ rewritten: 0, deleted: 1, left: 0 });
  const after = await payloads();
  expect([after.has('105-1'), after.has('105-2')]).toEqual([false, true]);
});
