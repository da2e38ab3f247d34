import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { ORDERS_TOPIC, outboxTablesOf } from '../append/topic.ts';
import { insertEvents, OutboxCluster, RELAY, type TestEvent, until } from '../outbox.fixture.ts';

const ROWS = 10_000;
const LANES = 24;
const SEED = 20_260_102;

let cluster: OutboxCluster;
let relay: OwnProcess;

beforeAll(async () => {
  cluster = await OutboxCluster.create('late');
  relay = await startProcess({ file: RELAY, args: ['relay'], env: cluster.env });
});

afterAll(async () => {
  await relay.kill();
  await cluster.end();
});

/** Numbers in [0, 1) that are the same in each run (Lehmer's generator). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** What a transaction has written. */
interface Ended {
  readonly ids: readonly string[];
  readonly committed: boolean;
}

/**
 * Writes rows in concurrent transactions of many lanes. A random draw decides which lane takes the next step, so a
 * transaction that has taken its ids stays open while others take later ids and commit. An order belongs to one lane, and its
 * next version begins when the previous one has ended, as behind the lock of its row.
 */
async function writeOutOfOrder(connections: readonly Connection[], random: () => number): Promise<Ended[]> {
  const versions = new Map<string, number>();
  const ended: Ended[] = [];
  const open = connections.map((): TestEvent[] | undefined => undefined);
  const rows = () => ended.reduce((sum, { ids, committed }) => (committed ? sum + ids.length : sum), 0);
  const begin = async (lane: number) => {
    const orders = new Set(
      Array.from({ length: 4 + Math.floor(random() * 10) }, () => 1_000 * lane + Math.floor(random() * 100)),
    );
    const events = [...orders].map((order): TestEvent => ({
      order: String(order),
      version: (versions.get(String(order)) ?? 0) + 1,
    }));
    await connections[lane]!.beginTransaction();
    await insertEvents(connections[lane]!, events);
    open[lane] = events;
  };
  const end = async (lane: number, events: readonly TestEvent[]) => {
    const committed = random() > 0.1;
    await (committed ? connections[lane]!.commit() : connections[lane]!.rollback());
    open[lane] = undefined;
    ended.push({ ids: events.map(({ order, version }) => `${order}-${version}`), committed });
    if (!committed) return;
    for (const { order, version } of events) versions.set(order, version);
  };
  for (;;) {
    const enough = rows() >= ROWS;
    if (enough && open.every((events) => events === undefined)) return ended;
    const lane = Math.floor(random() * connections.length);
    const events = open[lane];
    if (events !== undefined) await end(lane, events);
    else if (!enough) await begin(lane);
  }
}

/** The ids that each event has in its table. */
async function idsOfEvents(connection: Connection): Promise<Map<string, { table: string; id: number }>> {
  const ids = new Map<string, { table: string; id: number }>();
  for (const table of outboxTablesOf(ORDERS_TOPIC)) {
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT id, event_id FROM ${table}`);
    for (const row of rows) ids.set(String(row['event_id']), { table, id: Number(row['id']) });
  }
  return ids;
}

/** How many rows were committed after one of their table with a higher id. */
function lateRows(committed: readonly string[], ids: ReadonlyMap<string, { table: string; id: number }>) {
  const highest = new Map<string, number>();
  let late = 0;
  for (const event of committed) {
    const { table, id } = ids.get(event)!;
    const before = highest.get(table) ?? 0;
    if (id < before) late += 1;
    highest.set(table, Math.max(before, id));
  }
  return late;
}

test('10,000 rows whose transactions commit in another order than their ids are all published, those rolled back are not', async () => {
  const connections = await Promise.all(Array.from({ length: LANES }, () => cluster.connect(0)));
  const reader = await cluster.reader();
  const ended = await writeOutOfOrder(connections, generator(SEED));
  const committed = ended.filter((one) => one.committed).flatMap(({ ids }) => ids);
  const rolledBack = ended.filter((one) => !one.committed).flatMap(({ ids }) => ids);
  expect(committed.length).toBeGreaterThanOrEqual(ROWS);
  expect(rolledBack.length).toBeGreaterThan(500);
  expect(lateRows(committed, await idsOfEvents(connections[0]!))).toBeGreaterThan(ROWS / 4);
  await until('all is published and settled', async () => {
    const states = await cluster.relayStates(0);
    return new Set(reader.ids).size >= committed.length && states.every(({ gaps }) => gaps === '[]');
  });
  expect(reader.ids.toSorted()).toEqual(committed.toSorted());
  expect(reader.disordered).toEqual([]);
}, 180_000);
