import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DeadlineExceededError,
  DuplicateRowError,
  guard,
  type ShardRouter,
  sql,
  UnitConditionError,
  type UnitOf,
  withShardSessions,
  WriteQueueFullError,
} from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('write');
  router = await cluster.router();
});

beforeEach(() =>
  withShardSessions(cluster.shards, async (session) => {
    await session.execute('DELETE FROM notes');
  }),
);

afterAll(() => cluster.end());

const note =
  (number: bigint, body: string): UnitOf<{ body: string }> =>
  ({ bucket }) => ({
    statements: [sql`INSERT INTO notes (number, bucket, body) VALUES (${number}, ${bucket}, ${body})`],
    already: sql`SELECT body FROM notes WHERE number = ${number}`,
  });

const change =
  (number: bigint, from: string, to: string, log: bigint): UnitOf<unknown> =>
  ({ bucket }) => ({
    statements: [
      guard(sql`UPDATE notes SET body = ${to} WHERE number = ${number} AND body = ${from}`),
      sql`INSERT INTO notes (number, bucket, body) VALUES (${log}, ${bucket}, ${`${number}: ${to}`})`,
    ],
  });

async function rows(): Promise<Record<string, string>> {
  const perShard = await withShardSessions(cluster.shards, (session) =>
    session.query<{ number: string; body: string }>('SELECT number, body FROM notes'),
  );
  return Object.fromEntries(perShard.flat().map(({ number, body }) => [number, body]));
}

/** Transactions that a shard has committed. */
async function commits(): Promise<number> {
  const counts = await withShardSessions(cluster.shards, async (session) => {
    const [row] = await session.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Com_commit'");
    return Number(row!.Value);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('units', () => {
  test('are there, each with its own result', async () => {
    const numbers = Array.from({ length: 300 }, () => router.drawNumber());
    const before = await commits();
    const outcomes = await Promise.all(
      numbers.map((number) => router.write({ number, fresh: true }, note(number, `n ${number}`))),
    );
    expect(outcomes.map((outcome) => outcome.applied && outcome.affectedRows)).toEqual(
      numbers.map(() => [1]),
    );
    expect(outcomes.map(({ shard }) => shard)).toEqual(numbers.map((number) => router.shardOf(number)));
    expect(await rows()).toEqual(Object.fromEntries(numbers.map((number) => [number, `n ${number}`])));
    expect((await commits()) - before).toBeLessThan(100);
  });

  test('fail alone: the others of the transaction are there', async () => {
    const [taken, ...numbers] = Array.from({ length: 60 }, () => router.drawNumber(0));
    await router.write({ number: taken! }, note(taken!, 'first'));
    const tooLong = numbers[7]!;
    const wrong = numbers[9]!;
    const settled = await Promise.allSettled([
      router.write({ number: taken! }, ({ bucket }) => ({
        statements: [
          sql`INSERT INTO notes (number, bucket, body) VALUES (${taken!}, ${bucket}, ${'second'})`,
        ],
      })),
      ...numbers.map((number) =>
        router.write({ number }, (scope) =>
          note(
            number,
            number === tooLong ? 'x'.repeat(300) : 'ok',
          )(number === wrong ? { ...scope, bucket: 1023 - scope.bucket } : scope),
        ),
      ),
    ]);
    const failed = settled.flatMap((result, index) => (result.status === 'rejected' ? [index] : []));
    expect(failed).toEqual([0, 8, 10]);
    expect(settled[0]).toMatchObject({ reason: expect.any(DuplicateRowError) });
    expect(settled[8]).toMatchObject({ reason: { errno: 1406 } });
    expect(settled[10]).toMatchObject({ reason: { errno: 1644 } });
    expect(Object.keys(await rows())).toHaveLength(58);
  });

  test('that were applied say so, with the row that shows it', async () => {
    const number = router.drawNumber();
    expect(await router.write({ number }, note(number, 'first'))).toMatchObject({ applied: true });
    expect(await router.write({ number }, note(number, 'second'))).toMatchObject({
      applied: false,
      row: { body: 'first' },
    });
    expect(await rows()).toEqual({ [number.toString()]: 'first' });
  });

  test('of one number are applied one after the other', async () => {
    const number = router.drawNumber();
    await router.write({ number }, note(number, '0'));
    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        router.write({ number }, () => ({
          statements: [
            guard(
              sql`UPDATE notes SET body = ${String(i + 1)} WHERE number = ${number} AND body = ${String(i)}`,
            ),
          ],
        })),
      ),
    );
    expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'fulfilled'));
    expect(await rows()).toEqual({ [number.toString()]: '10' });
  });
});

describe('a guarded unit', () => {
  test('does all or nothing, among others', async () => {
    const numbers = Array.from({ length: 40 }, () => router.drawNumber(1));
    await Promise.all(numbers.map((number) => router.write({ number }, note(number, 'a'))));
    const settled = await Promise.allSettled(
      numbers.map((number, i) =>
        router.write({ number }, change(number, i % 4 === 0 ? 'stale' : 'a', 'b', -number)),
      ),
    );
    const unmet = settled.flatMap((result, i) => (result.status === 'rejected' ? [i] : []));
    expect(unmet).toEqual(numbers.flatMap((_, i) => (i % 4 === 0 ? [i] : [])));
    expect(settled[0]).toMatchObject({ reason: expect.any(UnitConditionError) });
    const found = await rows();
    for (const [i, number] of numbers.entries()) {
      expect(found[String(number)]).toBe(i % 4 === 0 ? 'a' : 'b');
      expect(found[String(-number)]).toBe(i % 4 === 0 ? undefined : `${number}: b`);
    }
  });

  test('changes one row at the most', async () => {
    const number = router.drawNumber();
    await router.write({ number }, note(number, 'a'));
    await router.write({ number }, ({ bucket }) => ({
      statements: [guard(sql`UPDATE notes SET body = 'b' WHERE bucket = ${bucket}`)],
    }));
    expect(await rows()).toEqual({ [String(number)]: 'b' });
  });
});

test('a frozen bucket holds up its own unit only', async () => {
  const numbers = Array.from({ length: 30 }, () => router.drawNumber(0));
  const frozen = router.bucketOf(numbers[3]!);
  const set = (state: string) =>
    router.onShard(0, (session) =>
      session.execute('UPDATE bucket_fences SET state = ? WHERE bucket = ?', [state, frozen]),
    );
  await set('frozen');
  let shut = true;
  const written: bigint[] = [];
  const writes = numbers.map(async (number) => {
    await router.write({ number }, note(number, 'x'));
    if (shut) written.push(number);
  });
  const others = numbers.filter((number) => router.bucketOf(number) !== frozen);
  await Promise.all(writes.filter((_, i) => others.includes(numbers[i]!)));
  shut = false;
  expect(new Set(written)).toEqual(new Set(others));
  await set('owned');
  await Promise.all(writes);
  expect(Object.keys(await rows())).toHaveLength(30);
});

test('inside a transaction a unit is a part of it', async () => {
  const number = router.drawNumber();
  const failing = router.transaction({ number }, async () => {
    await router.write({ number }, note(number, 'inside'));
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await rows()).toEqual({});
  await router.transaction({ number }, () => router.write({ number }, note(number, 'inside')));
  expect(await rows()).toEqual({ [String(number)]: 'inside' });
});

test('a queue that is full, and a deadline that has passed, refuse before anything is sent', async () => {
  const small = await cluster.router({ merge: { lanes: 1, queue: 5 } });
  const numbers = Array.from({ length: 10 }, () => small.drawNumber(0));
  const settled = await Promise.allSettled(
    numbers.map((number) => small.write({ number }, note(number, 'x'))),
  );
  const refused = settled.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(5);
  expect(refused[0]).toMatchObject({ reason: expect.any(WriteQueueFullError) });
  expect(Object.keys(await rows())).toHaveLength(5);
  const number = small.drawNumber();
  const late = small.write({ number }, note(number, 'late'), { timeoutMs: 0 });
  await expect(late).rejects.toThrow(DeadlineExceededError);
  expect(await rows()).not.toHaveProperty(String(number));
});

test('callers take turns: one that brings much does not keep another waiting', async () => {
  const fair = await cluster.router({ merge: { lanes: 1, units: 4 } });
  const order: string[] = [];
  const send = (caller: string) => {
    const number = fair.drawNumber(0);
    return fair.write({ number }, note(number, 'x'), { caller }).then(() => order.push(caller));
  };
  await Promise.all([...Array.from({ length: 100 }, () => send('bulk')), send('single')]);
  expect(order.indexOf('single')).toBeLessThan(8);
});

test('a switch gives each unit a transaction of its own', async () => {
  const single = await cluster.router({ merge: false });
  const numbers = Array.from({ length: 50 }, () => single.drawNumber(0));
  const before = await commits();
  await Promise.all(numbers.map((number) => single.write({ number }, note(number, 'x'))));
  expect((await commits()) - before).toBeGreaterThanOrEqual(50);
  expect(Object.keys(await rows())).toHaveLength(50);
});
