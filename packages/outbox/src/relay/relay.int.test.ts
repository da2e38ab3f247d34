import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EVENT_TOPICS, readEnvelope } from '@ordershard/order-events';
import { type OwnProcess, startProcess } from '@ordershard/stack';
import type { Connection } from 'mysql2/promise';
import { insertEvents, OutboxCluster, RELAY, type TestEvent, until } from '../outbox.fixture.ts';
import type { TopicReader } from '../topic-reader.fixture.ts';

let cluster: OutboxCluster;
let relays: OwnProcess[] = [];

/** Starts a relay as a process of its own. */
async function startRelay(env: Record<string, string> = {}): Promise<OwnProcess> {
  const relay = await startProcess({ file: RELAY, args: ['relay'], env: { ...cluster.env, ...env } });
  relays.push(relay);
  return relay;
}

beforeAll(async () => {
  cluster = await OutboxCluster.create('relay');
});

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.kill()));
  relays = [];
});

afterAll(async () => {
  await cluster.end();
});

/** The states of all tables of both shards. */
const allStates = async () => (await Promise.all([cluster.relayStates(0), cluster.relayStates(1)])).flat();
const heldStates = async () => (await allStates()).filter((state) => state.held);

const sorted = (ids: Iterable<string>) => [...ids].toSorted();

/** Waits until a topic's reader has seen every one of these ids. */
async function untilSeen(reader: TopicReader, ids: readonly string[]): Promise<void> {
  await until(`${ids.length} events are published`, () => {
    const seen = new Set(reader.ids);
    return ids.every((id) => seen.has(id));
  });
}

describe('relay', () => {
  test('publishes transactions that commit in another order than their ids, each row once, each order in its order', async () => {
    const relay = await startRelay();
    const reader = await cluster.reader();
    const before = reader.ids.length;
    const committed = await commitOutOfOrder(await connections(0, 16), 2_000);
    await untilSeen(reader, committed);
    // Every gap closes: its row appears, or no transaction is left that could fill it.
    await until('all is settled', async () =>
      (await cluster.relayStates(0)).every(({ gaps, settledId }) => gaps === '[]' && settledId > 0),
    );
    expect(sorted(reader.ids.slice(before))).toEqual(sorted(committed));
    expect(reader.disordered).toEqual([]);
    await relay.stop();
  });

  test('one that is killed is replaced by another, and nothing is missing', async () => {
    const first = await startRelay();
    const reader = await cluster.reader();
    const [connection] = await connections(1, 1);
    const events = Array.from({ length: 30_000 }, (_, i): TestEvent => ({
      order: String(1_000_000 + (i % 5_000)),
      version: Math.floor(i / 5_000) + 1,
    }));
    const ids = events.map(({ order, version }) => `${order}-${version}`);
    const feeding = (async () => {
      for (let i = 0; i < events.length; i += 500) await insertEvents(connection!, events.slice(i, i + 500));
    })();
    const second = await startRelay();
    await until('the first has published some', () => new Set(reader.ids).size > 2_000);
    await first.kill('SIGKILL');
    await feeding;
    await untilSeen(reader, ids);
    expect(reader.disordered).toEqual([]);
    await second.stop();
  });

  test('one that hangs past its lease and then goes on can only repeat what another has published', async () => {
    const first = await startRelay({ ORDERSHARD_INSTANCE_ID: 'hangs' });
    const reader = await cluster.reader();
    await until('every table is held', async () => (await heldStates()).length === 8);
    const [connection] = await connections(0, 1);
    const batch = (version: number) =>
      Array.from({ length: 200 }, (_, i): TestEvent => ({ order: String(2_000_000 + i), version }));
    const idsOf = (version: number) => batch(version).map(({ order }) => `${order}-${version}`);
    await insertEvents(connection!, batch(1));
    await untilSeen(reader, idsOf(1));
    process.kill(first.pid, 'SIGSTOP');
    const second = await startRelay({ ORDERSHARD_INSTANCE_ID: 'takes-over' });
    for (const version of [2, 3]) await insertEvents(connection!, batch(version));
    await untilSeen(reader, [...idsOf(2), ...idsOf(3)]);
    const holders = async () => new Set((await heldStates()).map(({ holder }) => holder));
    await until('every table has changed hands', async () => !(await holders()).has('hangs'));
    process.kill(first.pid, 'SIGCONT');
    await insertEvents(connection!, batch(4));
    await untilSeen(reader, idsOf(4));
    await first.logged(({ msg }) => msg === 'table given up');
    expect(reader.disordered).toEqual([]);
    await Promise.all([first.stop(), second.stop()]);
  });

  test('several share the tables; one that stops hands its own over at once', async () => {
    const first = await startRelay({ ORDERSHARD_INSTANCE_ID: 'first' });
    const second = await startRelay({ ORDERSHARD_INSTANCE_ID: 'second' });
    await until('every table is held', async () => (await heldStates()).length === 8);
    await first.stop();
    await until('the second has all', async () => {
      const states = await heldStates();
      return states.length === 8 && states.every(({ holder }) => holder === 'second');
    });
    await second.stop();
    expect(await heldStates()).toEqual([]);
  });

  test('events go to the internal topic too, without their information, when it is asked for', async () => {
    const relay = await startRelay({ ORDERSHARD_INTERNAL_EVENTS: 'on' });
    const events = await cluster.reader(EVENT_TOPICS.events);
    const [connection] = await connections(0, 1);
    await insertEvents(connection!, [
      { order: '3000001', version: 1 },
      { order: '3000001', version: 2 },
    ]);
    await untilSeen(events, ['3000001-1', '3000001-2']);
    const seen = events.messages.filter(({ key }) => key === '3000001');
    expect(seen.map(({ value }) => value)).toEqual([
      '{"number":"3000001","version":1}',
      '{"number":"3000001","version":2}',
    ]);
    expect(readEnvelope(seen[0]!)).toMatchObject({ form: 'zero', id: '3000001-1', sequence: 1 });
    await relay.stop();
  });

  test('members share the tables evenly, and one that comes gets its share at once', async () => {
    const first = await startRelay({ ORDERSHARD_INSTANCE_ID: 'one' });
    await until('the first has all', async () => (await heldStates()).length === 8);
    const second = await startRelay({ ORDERSHARD_INSTANCE_ID: 'two' });
    const shares = async () => {
      const holders = (await heldStates()).map(({ holder }) => holder);
      return ['one', 'two'].map((name) => holders.filter((holder) => holder === name).length);
    };
    await until('each has half', async () => (await shares()).join() === '4,4');
    await first.kill('SIGKILL');
    await until('the other has all', async () => (await shares()).join() === '0,8');
    await second.stop();
  });

  test('a killed one that starts again under its name takes its tables back before their leases end', async () => {
    const env = { ORDERSHARD_INSTANCE_ID: 'named' };
    const first = await startRelay(env);
    await until('every table is held', async () =>
      (await allStates()).every(({ holder, held }) => held && holder === 'named'),
    );
    const tokens = (await allStates()).map(({ token }) => token);
    await first.kill('SIGKILL');
    expect((await allStates()).every(({ held }) => held)).toBe(true);
    const second = await startRelay(env);
    await until('every token has risen', async () =>
      (await allStates()).every(({ token, held }, i) => held && token > tokens[i]!),
    );
    await second.stop();
  });

  test('two under one name share the tables like any others, and say so', async () => {
    const env = { ORDERSHARD_INSTANCE_ID: 'twin' };
    const [first, second] = [await startRelay(env), await startRelay(env)];
    const tablesOf = async ({ port }: OwnProcess) => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      const { shards, problems } = (await response.json()) as {
        shards: { tables: unknown[] }[];
        problems: string[];
      };
      return {
        tables: shards.flatMap(({ tables }) => tables).length,
        twin: problems.join().includes('id twin'),
      };
    };
    await until('each has half and tells of the other', async () =>
      (await Promise.all([first, second].map(tablesOf))).every((seen) => seen.tables === 4 && seen.twin),
    );
    const tokens = async () => (await allStates()).map(({ token }) => token);
    const before = await tokens();
    const reader = await cluster.reader();
    const [connection] = await connections(0, 1);
    await insertEvents(connection!, [{ order: '4000001', version: 1 }]);
    await untilSeen(reader, ['4000001-1']);
    expect(await tokens()).toEqual(before);
    await Promise.all([first.stop(), second.stop()]);
  });
});

async function connections(shard: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => cluster.connect(shard)));
}

/**
 * Writes events in as many concurrent transactions as there are connections. Each transaction keeps its ids for a while that
 * does not depend on their order; some are rolled back. A version's transaction begins when the previous one has ended, as it
 * does behind the lock of its order's row. Returns the ids of the committed events.
 */
async function commitOutOfOrder(pool: readonly Connection[], count: number): Promise<string[]> {
  const committed: string[] = [];
  const versions = new Map<string, number>();
  let number = 0;
  const work = async (connection: Connection, lane: number) => {
    while (committed.length < count) {
      number += 1;
      // Orders of its own for each lane, one to four of them in a transaction.
      const orders = Array.from({ length: 1 + (number % 4) }, (_, i) =>
        String(100_000 + lane * 100 + ((number + i) % 37)),
      );
      const events = orders.map((order): TestEvent => ({ order, version: (versions.get(order) ?? 0) + 1 }));
      const abandon = number % 11 === 0;
      await connection.beginTransaction();
      await insertEvents(connection, events);
      await new Promise((resolve) => setTimeout(resolve, (number * 7_919) % 40));
      if (abandon) {
        await connection.rollback();
        continue;
      }
      await connection.commit();
      for (const { order, version } of events) {
        versions.set(order, version);
        committed.push(`${order}-${version}`);
      }
    }
  };
  await Promise.all(pool.map(work));
  return committed;
}
