import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { freePort, type OwnProcess, runProcess, startProcess } from '@ordershard/stack';
import type { Connection } from 'mysql2/promise';
import { insertEvents, OutboxCluster, RELAY, until } from '../outbox.fixture.ts';
import { TcpProxy } from '@ordershard/stack';
import { applyTopic } from '../topics/apply.ts';

let cluster: OutboxCluster;
let relays: OwnProcess[] = [];

async function startRelay(env: Record<string, string> = {}): Promise<OwnProcess> {
  const relay = await startProcess({ file: RELAY, args: ['relay'], env: { ...cluster.env, ...env } });
  relays.push(relay);
  return relay;
}

/** The environment with another URL for shard 1, by way of a proxy. */
async function withProxy(): Promise<{ proxy: TcpProxy; env: Record<string, string> }> {
  const [first, second] = cluster.shards.map(({ writer }) => new URL(writer));
  const proxy = await TcpProxy.to(Number(second!.port), second!.hostname);
  second!.host = `127.0.0.1:${proxy.port}`;
  return { proxy, env: { ORDERSHARD_MYSQL_URLS: `${first!.href},${second!.href}` } };
}

async function healthOf(relay: OwnProcess): Promise<{ ok: boolean; status: string; problems: string[] }> {
  const response = await fetch(`http://127.0.0.1:${relay.port}/readyz`);
  return { ok: response.ok, ...((await response.json()) as { status: string; problems: string[] }) };
}

let version = 0;
/** Writes one event on a shard, and returns its id. */
async function insertOne(shard: number): Promise<string> {
  version += 1;
  const connection = await cluster.connect(shard);
  await insertEvents(connection, [{ order: String(shard), version }]);
  return `${shard}-${version}`;
}

/** Writes an event for enough orders that each table has some, and returns the ids of the events. */
async function insertSome(connection: Connection): Promise<readonly string[]> {
  version += 1;
  const events = Array.from({ length: 40 }, (_, order) => ({ order: String(1_000 + order), version }));
  await insertEvents(connection, events);
  return events.map(({ order }) => `${order}-${version}`);
}

beforeAll(async () => {
  cluster = await OutboxCluster.create('faults');
});

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.kill()));
  relays = [];
});

afterAll(async () => cluster.end());

test('a shard that is down does not hold up the other; when it is back, it is relayed too', async () => {
  const { proxy, env } = await withProxy();
  const relay = await startRelay({ ...env, ORDERSHARD_INSTANCE_ID: 'proxied' });
  const reader = await cluster.reader();
  const seen = (id: string) => until(`${id} is published`, () => reader.ids.includes(id));
  await Promise.all([seen(await insertOne(0)), seen(await insertOne(1))]);
  proxy.cut();
  const missed = await insertOne(1);
  await until('its health tells of the shard', async () =>
    (await healthOf(relay)).problems.some((text) => text.startsWith('shard 1')),
  );
  expect(await healthOf(relay)).toMatchObject({ ok: true, status: 'degraded' });
  await seen(await insertOne(0));
  expect(reader.ids).not.toContain(missed);
  proxy.mend();
  await seen(missed);
  await until('all is well', async () => (await healthOf(relay)).status === 'ok');
  await relay.stop();
  await proxy.close();
});

test('a database that lacks what was published, as after a fail-over, is published by what it has itself, and told of until it is recovered', async () => {
  const relay = await startRelay();
  const reader = await cluster.reader();
  const seen = (ids: readonly string[]) =>
    until(`${ids.join(', ')} are published`, () => ids.every((id) => reader.ids.includes(id)));
  const connection = await cluster.connect(0);
  const kept = await insertSome(connection);
  await seen(kept);
  const stored = async () => (await cluster.relayStates(0)).map(({ settledId }) => settledId);
  await until('that is stored', async () => (await stored()).every((id) => id > 0));
  const before = await stored();
  await seen(await insertSome(connection));
  await until('that is stored as well', async () => (await stored()).every((id, at) => id > before[at]!));
  const after = await stored();

  // Simulates the new writer: it lacks the last rows and the progress, and its ids go on from its own end.
  const tables = (await cluster.relayStates(0)).map(({ table }) => table);
  await connection.beginTransaction();
  for (const [at, table] of tables.entries()) {
    await connection.query(`DELETE FROM ${table} WHERE id > ?`, [before[at]]);
    await connection.query('UPDATE outbox_relays SET settled_id = ? WHERE table_name = ?', [
      before[at],
      table,
    ]);
  }
  await connection.commit();
  for (const [at, table] of tables.entries())
    await connection.query(`ALTER TABLE ${table} AUTO_INCREMENT = ${before[at]! + 1}`);

  await seen(await insertSome(connection));
  await until('every table is stored', async () => (await stored()).every((id, at) => id > before[at]!));
  // They have ids that were published before.
  expect((await stored()).every((id, at) => id <= after[at]!)).toBe(true);
  await until('its health tells of every table', async () => {
    const { problems } = await healthOf(relay);
    return tables.every((table) =>
      problems.some((text) => text.startsWith(`shard 0, ${table}: the database knows of`)),
    );
  });
  expect((await healthOf(relay)).ok).toBe(false);
  const metrics = await (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text();
  expect(metrics).toMatch(/ordershard_outbox_forgotten_ids\{shard="0",table="outbox_orders_0"\} [1-9]/);
  await connection.query('UPDATE shard_beats SET incarnation = incarnation + 1 WHERE shard_id = 0');
  await until('all is well', async () => (await healthOf(relay)).status === 'ok');
  await relay.stop();
});

test('it starts while a shard is down', async () => {
  const { proxy, env } = await withProxy();
  proxy.cut();
  const relay = await startRelay({ ...env, ORDERSHARD_INSTANCE_ID: 'proxied' });
  const reader = await cluster.reader();
  const id = await insertOne(0);
  await until(`${id} is published`, () => reader.ids.includes(id));
  expect((await healthOf(relay)).status).toBe('degraded');
  const missed = await insertOne(1);
  proxy.mend();
  await until(`${missed} is published`, () => reader.ids.includes(missed));
  await relay.stop();
  await proxy.close();
});

test('without Kafka it waits, and its health says so', async () => {
  const relay = await startRelay({ ORDERSHARD_KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
  expect(await healthOf(relay)).toMatchObject({
    ok: false,
    status: 'degraded',
    problems: ['Kafka does not answer'],
  });
  await relay.stop();
});

const refused = (env: Record<string, string>) =>
  runProcess({ file: RELAY, args: ['relay'], env: { ...cluster.env, ...env } });

test('a keyed topic with another number of partitions is refused', async () => {
  const prefix = `${cluster.env['ORDERSHARD_TOPIC_PREFIX']}other.`;
  const spec = { name: `${prefix}orders.snapshots`, partitions: 4, replication: 1 };
  const access = { brokers: cluster.brokers, clientId: 'test' };
  expect(await applyTopic(access, spec)).toBe('created');
  expect(await applyTopic(access, spec)).toBe('kept');
  await expect(refused({ ORDERSHARD_TOPIC_PREFIX: prefix })).rejects.toThrow('OUTBOX_TOPIC_PARTITIONS');
  const relay = await startRelay({ ORDERSHARD_TOPIC_PREFIX: prefix, ORDERSHARD_TOPIC_PARTITIONS: '4' });
  await relay.stop();
});

test('a shard whose outbox is split otherwise is refused', async () => {
  const connection = await cluster.connect(1);
  await connection.query("UPDATE outbox_topics SET tables = 8 WHERE topic = 'orders'");
  try {
    await expect(refused({})).rejects.toThrow('OUTBOX_TABLES');
  } finally {
    await connection.query("UPDATE outbox_topics SET tables = 4 WHERE topic = 'orders'");
  }
});
