import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fromEnvelope } from '@ordershard/order-events';
import { type OwnProcess, type Stack, startProcess, startStack } from '@ordershard/stack';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { ORDERS_TOPIC, outboxTableOf, outboxTablesOf } from '../append/topic.ts';
import { insertEvents, limitTopic, OutboxCluster, RELAY, type TestEvent, until } from '../outbox.fixture.ts';
import type { SeenMessage, TopicReader } from '../topic-reader.fixture.ts';
import { applyConnect } from './apply.ts';
import { ConnectorFailedError, TableEngineError } from './errors.ts';
import { removeConnect } from './remove.ts';
import { connectSettings, type ConnectSettings } from './settings.ts';
import { connectStatus } from './status.ts';
import { ConnectWorker } from './worker.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/** Times that a formatter can get wrong: no fraction, trailing zeros, midnight. */
const TIMES = ['2026-01-02 03:04:05.678', '2026-01-02 03:04:05.670', '2026-01-02 03:04:05', '2026-01-02'];

const DEFINITIONS = [
  `ALTER TABLE outbox_orders_0 REORGANIZE PARTITION p_rest INTO
     (PARTITION p_new VALUES LESS THAN ('2199-01-01'), PARTITION p_rest VALUES LESS THAN (MAXVALUE))`,
  'ALTER TABLE outbox_orders_0 DROP PARTITION p_floor',
  'CREATE TABLE taken_out LIKE outbox_orders_0',
  'ALTER TABLE taken_out REMOVE PARTITIONING',
  'ALTER TABLE outbox_orders_0 EXCHANGE PARTITION p_rest WITH TABLE taken_out',
  'DROP TABLE taken_out',
  `CREATE PROCEDURE a_procedure(IN p JSON)
   BEGIN
     DECLARE n INT DEFAULT 0;
     SELECT COUNT(*) INTO n FROM JSON_TABLE(p, '$[*]' COLUMNS (b INT PATH '$[0]')) AS t STRAIGHT_JOIN bucket_fences;
   END`,
  'DROP PROCEDURE a_procedure',
];

let stack: Stack;
let cluster: OutboxCluster;
let settings: ConnectSettings;
let worker: ConnectWorker;
let relays: OwnProcess[] = [];

// One Connect worker on the Kafka of the run: two at once would be one group, so no other file may do the same.
beforeAll(async () => {
  stack = await startStack({ ephemeral: true, parts: ['connect'] });
  process.env['ORDERSHARD_CONNECT_URL'] = stack.env['ORDERSHARD_CONNECT_URL']!;
}, 300_000);

beforeAll(async () => {
  cluster = await OutboxCluster.create('connect');
  settings = connectSettings(cluster.env);
  worker = new ConnectWorker(settings.connectUrl);
});

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  relays = [];
});

afterAll(async () => {
  await cluster.end();
  await stack.stop();
});

async function startRelay(): Promise<OwnProcess> {
  const relay = await startProcess({ file: RELAY, args: ['relay'], env: cluster.env });
  relays.push(relay);
  return relay;
}

/** Puts events that differ in all that a message is made of. */
async function insertVaried(connection: Connection, events: readonly TestEvent[]): Promise<void> {
  for (const [index, { order, version }] of events.entries()) {
    await connection.query(
      `INSERT INTO ${outboxTableOf(ORDERS_TOPIC, order)}
         (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, traceparent, occurred_at)
       VALUES (UTC_DATE(), ?, 'orders', ?, ?, ?, 0, ?, ?, ?)`,
      [
        `${order}-${version}`,
        order,
        index % 2 === 0 ? 'order.created' : 'order.paid',
        version,
        `{ "number":"${order}", "version": ${version}, "name": "떡볶이 \\"$set\\" 😀", "n": 1.0, "items":[] }`,
        index % 3 === 0 ? TRACEPARENT : null,
        TIMES[index % TIMES.length]!,
      ],
    );
  }
}

const idsOf = (events: readonly TestEvent[]) => events.map(({ order, version }) => `${order}-${version}`);

function eventsOf(first: number, count: number): TestEvent[] {
  return Array.from({ length: count }, (_, i) => ({ order: String(first + i * 7_919), version: 1 }));
}

async function untilSeen(reader: TopicReader, ids: readonly string[], times = 1): Promise<void> {
  await until(`${ids.length} events are published ${times} times`, () => {
    const seen = new Map<string, number>();
    for (const id of reader.ids) seen.set(id, (seen.get(id) ?? 0) + 1);
    return ids.every((id) => (seen.get(id) ?? 0) >= times);
  });
}

/** Every message of each of these events. A header without a value stands for none. */
function messagesOf(reader: TopicReader, ids: readonly string[]): SeenMessage[][] {
  const byId = new Map<string, SeenMessage[]>();
  for (const message of reader.messages) {
    const headers = Object.fromEntries(Object.entries(message.headers).filter(([, value]) => value));
    const id = headers['ce_id']!;
    byId.set(id, [...(byId.get(id) ?? []), { ...message, headers }]);
  }
  return ids.map((id) => byId.get(id) ?? []);
}

const held = async (shard: number) => (await cluster.relayStates(shard)).filter((state) => state.held);

/** Runs `outbox connect …` and kills it after its nth line of output. Resolves to whether it had ended before that. */
async function runKilled(args: readonly string[], lines: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--conditions=source', RELAY, 'connect', ...args], {
    env: { ...process.env, ...cluster.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  let count = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    said += `${line}\n`;
    count += 1;
    if (count === lines) child.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0 && code !== null) throw new Error(`connect ${args.join(' ')} ended with ${code}: ${said}`);
  return code === 0;
}

/** An order of some version as JSON: the rows of this test hold other texts. */
function orderOf(number: string, version: number): string {
  const text = { status: 'paid', memberId: 'm', shopId: 's', shopName: 'S', currency: 'KRW', total: '0' };
  const at = '2026-01-02T03:04:05.678Z';
  return JSON.stringify({ number, version, ...text, items: [], timeline: [], placedAt: at, updatedAt: at });
}

describe('Debezium as the engine of the outbox', () => {
  test('publishes the same messages as the embedded relay, on the same partitions, from snapshot and binary log', async () => {
    const [first, second] = [eventsOf(1_000_003, 150), eventsOf(5_000_011, 150)];
    const writer = await cluster.connect(0);
    const relay = await startRelay();
    const reader = await cluster.reader();
    await insertVaried(writer, first);
    await untilSeen(reader, idsOf(first));
    await relay.stop();
    relays = [];
    // As if none of these had been published.
    await writer.query(`UPDATE outbox_relays SET settled_id = 0, gaps = '[]'`);

    const applied = await applyConnect(settings, { shards: [0] });
    expect(applied.map(({ action }) => action)).toEqual(['create', 'create', 'create', 'create']);
    expect(JSON.stringify(applied)).not.toContain('"database.password":"ordershard"');
    // The snapshot must have read these rows before the statements below remove them from the tables.
    await untilSeen(reader, idsOf(first), 2);
    // A connector has to read past what retention does to the tables and what migrations do beside them.
    for (const statement of DEFINITIONS) await writer.query(statement);
    await insertVaried(writer, second);
    await untilSeen(reader, idsOf(second));

    const again = await applyConnect(settings, { shards: [0] });
    expect(again.map(({ action }) => action)).toEqual(['keep', 'keep', 'keep', 'keep']);
    const status = (await connectStatus(settings)).filter(({ shard }) => shard === 0);
    expect(status.map(({ engine, state }) => `${engine} ${state}`)).toEqual(
      outboxTablesOf(ORDERS_TOPIC).map(() => 'connect RUNNING/RUNNING'),
    );
    expect(JSON.stringify(status)).not.toContain('password');

    // The embedded relay publishes again the rows that Debezium has published.
    await removeConnect(settings, { shards: [0], republish: true });
    await startRelay();
    await untilSeen(reader, idsOf(second), 2);
    for (const messages of messagesOf(reader, [...idsOf(first), ...idsOf(second)])) {
      expect(messages.length).toBeGreaterThanOrEqual(2);
      for (const message of messages) expect(message).toEqual(messages[0]);
    }
    const partitions = new Set(reader.messages.map(({ partition }) => partition));
    expect(partitions.size).toBe(settings.partitions);
    for (const { key, headers } of reader.messages) {
      const value = orderOf(key, Number(headers['ce_sequence']));
      expect(fromEnvelope({ key, value, headers }).traceparent).toBe(headers['traceparent'] || undefined);
    }
  }, 300_000);

  test('and the embedded relay never have one table at once', async () => {
    await startRelay();
    await until('the relay holds every table', async () => (await held(1)).length === 4);
    await expect(applyConnect(settings, { shards: [1] })).rejects.toThrow(TableEngineError);
    expect((await connectStatus(settings)).every(({ engine }) => engine === 'embedded')).toBe(true);

    const plan = await applyConnect(settings, { shards: [1], per: 'shard', takeOver: true, dryRun: true });
    expect(plan).toMatchObject([{ action: 'create', takenFrom: outboxTablesOf(ORDERS_TOPIC) }]);
    expect(plan[0]!.config['database.password']).toBe('***');
    expect(await worker.config(plan[0]!.connector)).toBeUndefined();

    await applyConnect(settings, { shards: [1], per: 'shard', takeOver: true });
    await startRelay();
    await until('the relays hold all of the other shard', async () => (await held(0)).length === 4);
    expect(await held(1)).toEqual([]);
    await expect(applyConnect(settings, { shards: [1], per: 'table' })).rejects.toThrow(/remove that one/);
    await removeConnect(settings, { shards: [1] });
    await until('the relays hold every table again', async () => (await held(1)).length === 4);
  }, 180_000);

  test('is switched to and back under a steady writer: nothing is lost, and each order keeps its order', async () => {
    await startRelay();
    const reader = await cluster.reader();
    const before = reader.ids.length;
    const writing = steadyWriter(await Promise.all([0, 1, 2].map(() => cluster.connect(0))));
    await until('some is published', () => reader.ids.length > before + 100);
    let kills = 0;
    for (
      let lines = 1;
      !(await runKilled(['apply', '--take-over', '--per', 'shard', '--shard', '0'], lines));
      lines += 1
    )
      kills += 1;
    const switched = reader.ids.length;
    await until('some is published by Debezium', () => reader.ids.length > switched + 200);
    for (let lines = 1; !(await runKilled(['remove', '--shard', '0'], lines)); lines += 1) kills += 1;
    const committed = await writing.end();
    await untilSeen(reader, committed);
    expect(kills).toBeGreaterThan(2);
    expect(reader.disordered).toEqual([]);
    expect((await connectStatus(settings)).map(({ engine }) => engine)).toEqual(Array(8).fill('embedded'));
    const ids = reader.ids.slice(before);
    const repeated = ids.length - new Set(ids).size;
    process.stderr.write(`${committed.length} events, ${repeated} of them repeated, ${kills} kills\n`);
  }, 300_000);

  test('parked rows go with their table: the connector publishes them, and an order goes on', async () => {
    await limitTopic(cluster, 1_000_000);
    const relay = await startRelay();
    const reader = await cluster.reader();
    const writer = await cluster.connect(0);
    const [order, other] = ['30000001', '30000002'];
    await insertEvents(writer, [
      { order, version: 1, note: 'x'.repeat(900_000).repeat(2) },
      { order, version: 2 },
      { order: other, version: 1 },
    ]);
    await untilSeen(reader, [`${other}-1`]);
    await until('two rows are parked', async () => {
      const [rows] = await writer.query<RowDataPacket[]>('SELECT 1 FROM outbox_parked');
      return rows.length === 2;
    });
    await relay.stop();
    relays = [];
    await limitTopic(cluster, 4_000_000);
    const plan = await applyConnect(settings, { shards: [0], per: 'shard', dryRun: true });
    expect(plan.map(({ parked }) => parked)).toEqual([2]);
    const overrides = { 'producer.override.max.request.size': '4000000' };
    await applyConnect(settings, { shards: [0], per: 'shard', overrides });
    await insertEvents(writer, [{ order, version: 3 }]);
    await untilSeen(
      reader,
      [1, 2, 3].map((version) => `${order}-${version}`),
    );
    expect(reader.disordered).toEqual([]);
    const [left] = await writer.query<RowDataPacket[]>('SELECT 1 FROM outbox_parked');
    expect(left).toEqual([]);
    await removeConnect(settings, { shards: [0] });
    await startRelay();
    await insertEvents(writer, [{ order, version: 4 }]);
    await untilSeen(reader, [`${order}-4`]);
  }, 180_000);

  test('a connector that fails is told of, and one that is gone can be done without', async () => {
    const [applied] = await applyConnect(settings, { shards: [1], per: 'shard' });
    const { connector } = applied!;
    await worker.putConfig(connector, {
      ...(await worker.config(connector))!,
      'transforms.outbox.table.field.event.key': 'no_such_column',
      'transforms.outbox.table.field.event.payload': 'no_such_column',
    });
    const writer = await cluster.connect(1);
    const events: TestEvent[] = [];
    // The task takes its new configuration some time after Connect has.
    await until('the task fails', async () => {
      events.push({ order: String(9_000_011 + events.length), version: 1 });
      await insertEvents(writer, events.slice(-1));
      return (await connectStatus(settings)).some(({ error }) => error !== null);
    });
    await expect(removeConnect(settings, { shards: [1] })).rejects.toThrow(ConnectorFailedError);
    const repaired = await applyConnect(settings, { shards: [1], per: 'shard' });
    expect(repaired).toMatchObject([
      { action: 'update', changes: [expect.stringContaining('key'), expect.stringContaining('payload')] },
    ]);
    const reader = await cluster.reader();
    await untilSeen(reader, idsOf(events));
    await worker.delete(connector);
    await expect(removeConnect(settings, { shards: [1] })).rejects.toThrow(/it is not there/);
    await removeConnect(settings, { shards: [1], republish: true });
    await startRelay();
    await untilSeen(reader, idsOf(events), 2);
  }, 180_000);

  test('refuses what it cannot work with before anything is changed', async () => {
    await expect(applyConnect({ ...settings, connectUrl: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'OUTBOX_CONNECT_UNAVAILABLE',
      retryable: true,
    });
    const [first, ...others] = settings.workerMysqlUrls;
    const wrong = { ...settings, workerMysqlUrls: [first!.replace(/:[^:@]+@/, ':wrong@'), ...others] };
    await expect(applyConnect(wrong, { shards: [0] })).rejects.toMatchObject({ code: 'ROUTER_SHARD_ACCESS' });
    expect((await connectStatus(settings)).every(({ engine }) => engine === 'embedded')).toBe(true);
  });
});

/** Writes versions of some orders, each behind the lock of its order, in overlapping transactions, some of which end late. */
function steadyWriter(connections: readonly Connection[]) {
  const stopping = new AbortController();
  const committed: string[] = [];
  const work = async (connection: Connection, lane: number) => {
    const versions = new Map<string, number>();
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const order = String(20_000_000 + lane * 1_000 + (turn % 40));
      const version = (versions.get(order) ?? 0) + 1;
      await connection.beginTransaction();
      await insertEvents(connection, [{ order, version }]);
      await new Promise((resolve) => setTimeout(resolve, (turn * 7_919) % 60));
      if (turn % 13 === 0) {
        await connection.rollback();
        continue;
      }
      await connection.commit();
      versions.set(order, version);
      committed.push(`${order}-${version}`);
    }
  };
  const done = Promise.all(connections.map(work));
  return {
    end: async () => {
      stopping.abort();
      await done;
      return committed;
    },
  };
}
