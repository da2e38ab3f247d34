import { describe, expect, test } from '@jest/globals';
import { eventId, toOrderNumber, type EncodedEvent } from '@ordershard/order-events';
import { murmur32, type ShardTransaction, type SqlValue } from '@ordershard/shard-router';
import { NotInTransactionError } from '../errors.ts';
import { appendEvent } from './append-event.ts';
import { ORDERS_TOPIC, outboxTableOf, outboxTablesOf } from './topic.ts';

const number = 9_007_199_254_740_993n;
const subject = toOrderNumber(number);
const event: EncodedEvent = {
  id: eventId(subject, 1),
  source: '/ordershard/test/orders',
  type: 'order.created',
  subject,
  time: '2026-01-02T12:04:05.678+09:00',
  sequence: 1,
  json: '{"a":1}',
};

/** A transaction that notes what it is given; `changes` make it another one. */
function recorder(changes: object = {}) {
  const calls: { sql: string; values: readonly SqlValue[] }[] = [];
  const transaction = {
    shard: 0,
    number,
    bucket: 7,
    keyBucket: undefined,
    keyGeneration: 0,
    open: true,
    execute: (sql: string, values: readonly SqlValue[] = []) => {
      calls.push({ sql, values });
      return Promise.resolve({ affectedRows: 1, insertId: '1' });
    },
  };
  return { tx: { ...transaction, ...changes } as unknown as ShardTransaction, calls };
}

describe('appendEvent', () => {
  test('is one INSERT into the table of its order, times in UTC', async () => {
    const { tx, calls } = recorder();
    await appendEvent(tx, ORDERS_TOPIC, event);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.sql).toMatch(new RegExp(`^INSERT INTO ${outboxTableOf(ORDERS_TOPIC, subject)}\\s`));
    expect(calls[0]?.values).toEqual([
      `${subject}-1`,
      'orders',
      subject,
      'order.created',
      1,
      7,
      '{"a":1}',
      null,
      '2026-01-02 03:04:05.678',
    ]);
  });

  test.each([
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
    ['00-0AF7-x', false],
    [`00-${'0'.repeat(80)}`, false],
  ])('keeps traceparent %s: %s', async (traceparent, kept) => {
    const { tx, calls } = recorder();
    await appendEvent(tx, ORDERS_TOPIC, { ...event, traceparent });
    expect(calls[0]?.values[7]).toBe(kept ? traceparent : null);
  });

  test('refuses a session that is no transaction', async () => {
    const { tx: session, calls } = recorder({ number: undefined, bucket: undefined });
    await expect(appendEvent(session, ORDERS_TOPIC, event)).rejects.toThrow(NotInTransactionError);
    await expect(appendEvent(undefined as unknown as ShardTransaction, ORDERS_TOPIC, event)).rejects.toThrow(
      NotInTransactionError,
    );
    expect(calls).toEqual([]);
  });

  test('refuses a transaction that is over', async () => {
    const { tx, calls } = recorder({ open: false });
    await expect(appendEvent(tx, ORDERS_TOPIC, event)).rejects.toThrow(NotInTransactionError);
    expect(calls).toEqual([]);
  });

  test("refuses another order's transaction", async () => {
    const { tx, calls } = recorder({ number: 5n });
    await expect(appendEvent(tx, ORDERS_TOPIC, event)).rejects.toThrow(NotInTransactionError);
    expect(calls).toEqual([]);
  });
});

describe('outboxTableOf', () => {
  test('is the upper half of the aggregate id`s hash modulo the number of tables', () => {
    // murmur3 x86 32, seed 0: "hello" is 0x248bfa47, "hello, world" is 0x149bbb7f.
    expect(outboxTableOf(ORDERS_TOPIC, 'hello')).toBe('outbox_orders_3');
    expect(outboxTableOf({ ...ORDERS_TOPIC, tables: 7 }, 'hello, world')).toBe(`outbox_orders_${0x149b % 7}`);
  });

  test('uses all tables about evenly', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 4000; n++) {
      const table = outboxTableOf(ORDERS_TOPIC, String(n));
      counts.set(table, (counts.get(table) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(outboxTablesOf(ORDERS_TOPIC));
    expect(Math.min(...counts.values())).toBeGreaterThan(800);
  });
});

test('a shard`s orders use all of its tables, evenly', () => {
  const counts = new Map<string, number>();
  for (let n = 0n; counts.size < 5 && n < 40_000n; n += 1n) {
    const id = ((n << 22n) + 4096n).toString();
    // With two shards, as buckets are dealt: the lowest bit of the hash is the shard.
    if ((murmur32(id) & 1) === 1) continue;
    const table = outboxTableOf(ORDERS_TOPIC, id);
    counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted()).toEqual(outboxTablesOf(ORDERS_TOPIC));
  for (const count of counts.values()) expect(Math.abs(count - 5_000)).toBeLessThan(350);
});
