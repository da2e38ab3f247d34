import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { DeadlineExceededError, guard, type ShardRouter, sql, withShardSessions } from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let router: ShardRouter;
let holder: Connection;

beforeAll(async () => {
  cluster = await testCluster('locked');
  router = await cluster.router();
  await withShardSessions(cluster.shards, async (session) => {
    await session.execute('CREATE TABLE counters (id INT PRIMARY KEY, n INT NOT NULL)');
    await session.execute('CREATE TABLE names (name VARCHAR(32) PRIMARY KEY, number BIGINT)');
    await session.execute(
      'CREATE TABLE steps (at BIGINT AUTO_INCREMENT PRIMARY KEY, number BIGINT, step INT)',
    );
    await session.execute('INSERT INTO counters VALUES (1, 0), (2, 0)');
  });
  holder = await createConnection(cluster.shards[0]!.writer as string);
  await holder.query('SET @ordershard_bucket = -1');
});

afterAll(async () => {
  await holder.end();
  await cluster.end();
});

const draw = () => router.drawNumber(0);

const insert = (number: bigint) =>
  router.write({ number, fresh: true }, ({ bucket }) => ({
    statements: [sql`INSERT INTO notes (number, bucket, body) VALUES (${number}, ${bucket}, 'a')`],
  }));

const change = (number: bigint, options = {}) =>
  router.write(
    { number },
    () => ({ statements: [sql`UPDATE notes SET body = CONCAT(body, 'b') WHERE number = ${number}`] }),
    options,
  );

/** Holds what a statement locks while `during` runs. */
async function holding<T>(statement: string, during: () => Promise<T>): Promise<T> {
  await holder.query('START TRANSACTION');
  await holder.query(statement);
  try {
    return await during();
  } finally {
    await holder.query('ROLLBACK');
  }
}

async function bodyOf(number: bigint): Promise<string | undefined> {
  const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
    session.query<{ body: string }>('SELECT body FROM notes WHERE number = ?', [number]),
  );
  return rows![0]?.body;
}

describe('a row that another session holds locked', () => {
  test.each([
    ['merged', {}],
    ['with a transaction of its own', { merge: false }],
  ])('holds up only the unit that wants it: %s', async (_, options) => {
    const [locked, ...others] = Array.from({ length: 41 }, draw);
    await Promise.all([locked!, ...others].map(insert));
    const waiting = await holding(`SELECT * FROM notes WHERE number = ${locked} FOR UPDATE`, async () => {
      const wanting = change(locked!, options);
      let answered = false;
      void wanting.finally(() => {
        answered = true;
      });
      // The first of them are merged with the one that waits, the later ones come while it does.
      for (let round = 0; round < 5; round += 1) await Promise.all(others.map((number) => change(number)));
      expect(answered).toBe(false);
      return [wanting];
    });
    expect(await waiting[0]).toMatchObject({ applied: true, affectedRows: [1] });
    expect(await bodyOf(locked!)).toBe('ab');
    expect(await Promise.all(others.map(bodyOf))).toEqual(others.map(() => 'abbbbb'));
  });

  test('holds up all units that want it, whatever their numbers are, and no others', async () => {
    const count = (id: number) =>
      router.write({ number: draw() }, () => ({
        statements: [{ sql: 'UPDATE counters SET n = n + 1 WHERE id = ?', values: [id] }],
      }));
    const waiting = await holding('SELECT * FROM counters WHERE id = 1 FOR UPDATE', async () => {
      const wanting = Array.from({ length: 30 }, () => count(1));
      for (let round = 0; round < 10; round += 1)
        await Promise.all(Array.from({ length: 10 }, () => count(2)));
      return wanting;
    });
    await Promise.all(waiting);
    const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
      session.query('SELECT id, n FROM counters ORDER BY id'),
    );
    expect(rows).toEqual([
      { id: 1, n: 30 },
      { id: 2, n: 100 },
    ]);
  });

  test('is found among rows that are inserted together, and only its unit waits', async () => {
    const named = (name: string, number: bigint) =>
      router.write({ number }, () => ({
        statements: [sql`INSERT INTO names (name, number) VALUES (${name}, ${number})`],
      }));
    const taken = draw();
    const waiting = await holding("INSERT INTO names VALUES ('taken', 0)", async () => {
      const writes = [named('taken', taken), ...Array.from({ length: 30 }, (_, i) => named(`n${i}`, draw()))];
      await Promise.all(writes.slice(1));
      return [writes[0]!];
    });
    expect(await waiting[0]).toMatchObject({ applied: true });
  });

  test('is waited for until the deadline of its unit, of which nothing is written then', async () => {
    const locked = draw();
    await insert(locked);
    await holding(`SELECT * FROM notes WHERE number = ${locked} FOR UPDATE`, () =>
      expect(change(locked, { timeoutMs: 1_500 })).rejects.toThrow(DeadlineExceededError),
    );
    expect(await bodyOf(locked)).toBe('a');
    await change(locked);
    expect(await bodyOf(locked)).toBe('ab');
  });

  test('leaves guarded units as they are: applied as a whole, or not', async () => {
    const [locked, other] = [draw(), draw()];
    await Promise.all([insert(locked), insert(other)]);
    const guarded = (number: bigint) =>
      router.write({ number }, ({ bucket }) => ({
        statements: [
          guard(sql`UPDATE notes SET body = 'g' WHERE number = ${number} AND body = 'a'`),
          sql`INSERT INTO notes (number, bucket, body) VALUES (${-number}, ${bucket}, 'log')`,
        ],
      }));
    const waiting = await holding(`SELECT * FROM notes WHERE number = ${locked} FOR UPDATE`, async () => {
      const writes = [guarded(locked), guarded(other)] as const;
      expect(await writes[1]).toMatchObject({ affectedRows: [1, 1] });
      return [writes[0]];
    });
    expect(await waiting[0]).toMatchObject({ affectedRows: [1, 1] });
    expect(await Promise.all([locked, -locked, other, -other].map(bodyOf))).toEqual(['g', 'log', 'g', 'log']);
  });
});

test('units of one number keep their order while rows are locked and let go by chance', async () => {
  const numbers = Array.from({ length: 6 }, draw);
  await Promise.all(numbers.map(insert));
  let random = 4_711;
  const below = (limit: number) => (random = (random * 48_271) % 2_147_483_647) % limit;
  const sent = new Map<bigint, number[]>(numbers.map((number) => [number, []]));
  const writes: Promise<unknown>[] = [];
  for (let round = 0; round < 15; round += 1) {
    const held = numbers[below(numbers.length)]!;
    await holding(`SELECT * FROM notes WHERE number = ${held} FOR UPDATE`, async () => {
      let others: Promise<unknown> = Promise.resolve();
      for (let i = 0; i < 12; i += 1) {
        const number = numbers[below(numbers.length)]!;
        const step = writes.length;
        sent.get(number)!.push(step);
        const write = router.write(
          { number },
          () => ({
            statements: [
              sql`INSERT INTO steps (number, step) VALUES (${number}, ${step})`,
              sql`UPDATE notes SET body = ${String(step)} WHERE number = ${number}`,
            ],
          }),
          { merge: below(4) > 0 },
        );
        writes.push(write);
        if (number !== held) others = Promise.all([others, write]);
      }
      // Those of a number that waits since an earlier round are let go by now.
      await others;
    });
  }
  await Promise.all(writes);
  const [rows] = await withShardSessions([cluster.shards[0]!], (session) =>
    session.query<{ number: string; step: number }>('SELECT number, step FROM steps ORDER BY at'),
  );
  const byNumber = Map.groupBy(rows!, (row) => BigInt(row.number));
  for (const number of numbers) {
    expect((byNumber.get(number) ?? []).map(({ step }) => step)).toEqual(sent.get(number));
    expect(await bodyOf(number)).toBe(
      sent.get(number)!.length === 0 ? 'a' : String(sent.get(number)!.at(-1)),
    );
  }
});
