import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DeadlineExceededError,
  InvalidKeyError,
  type ShardRouter,
  sql,
  withShardSessions,
  type WriteTarget,
} from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('order');
  router = await cluster.router();
  await withShardSessions(cluster.shards, (session) =>
    session.execute('CREATE TABLE steps (at BIGINT AUTO_INCREMENT PRIMARY KEY, number BIGINT, step INT)'),
  );
});

afterAll(() => cluster.end());

const step = (target: WriteTarget, name: bigint, at: number, options = {}) =>
  router.write(
    target,
    () => ({ statements: [sql`INSERT INTO steps (number, step) VALUES (${name}, ${at})`] }),
    options,
  );

/** The steps of a number in the order in which they were written. */
async function stepsOf(name: bigint): Promise<readonly number[]> {
  const rows = await withShardSessions(cluster.shards, (session) =>
    session.query<{ step: number }>('SELECT step FROM steps WHERE number = ? ORDER BY at', [name]),
  );
  return rows.flat().map((row) => row.step);
}

describe('units of one number', () => {
  test('are written in the order in which they came, merged or not, and with a key or without', async () => {
    const numbers = Array.from({ length: 8 }, () => router.drawNumber(0));
    const key = Array.from({ length: 100 }, (_, i) => `k${i}`).find(
      (one) => router.shardOf({ key: one }) === 0,
    )!;
    let random = 7;
    const below = (limit: number) => (random = (random * 48_271) % 2_147_483_647) % limit;
    const sent = new Map<bigint, number[]>(numbers.map((number) => [number, []]));
    const writes = Array.from({ length: 400 }, (_, at) => {
      const number = numbers[below(numbers.length)]!;
      sent.get(number)!.push(at);
      return step({ number, ...(below(4) === 0 ? { key } : {}) }, number, at, { merge: below(3) > 0 });
    });
    await Promise.all(writes);
    for (const number of numbers) expect(await stepsOf(number)).toEqual(sent.get(number));
  });

  test('do not hold up those of others behind them, nor does one whose time is over', async () => {
    const [busy, other] = [router.drawNumber(0), router.drawNumber(0)];
    await router.write({ number: busy }, ({ bucket }) => ({
      statements: [sql`INSERT INTO notes (number, bucket, body) VALUES (${busy}, ${bucket}, 'held')`],
    }));
    const change = (options = {}) =>
      router.write(
        { number: busy },
        () => ({ statements: [sql`UPDATE notes SET body = CONCAT(body, 'x') WHERE number = ${busy}`] }),
        options,
      );
    const waiting = await withShardSessions([cluster.shards[0]!], async (session) => {
      await session.execute('START TRANSACTION');
      await session.query('SELECT body FROM notes WHERE number = ? FOR UPDATE', [busy]);
      // One waits for the row, the others for their turn.
      const changes = [change(), change({ timeoutMs: 50 }), change()] as const;
      await expect(changes[1]).rejects.toThrow(DeadlineExceededError);
      await step({ number: other }, other, 1);
      await session.execute('ROLLBACK');
      return { first: changes[0], last: changes[2] };
    });
    await Promise.all([waiting[0]!.first, waiting[0]!.last]);
    const rows = await withShardSessions([cluster.shards[0]!], (session) =>
      session.query('SELECT body FROM notes'),
    );
    expect(rows).toEqual([[{ body: 'heldxx' }]]);
  });
});

test.each<[string, unknown]>([
  ['a number below 0', { number: -1n }],
  ['a number that no fence covers', { number: 2n ** 63n - 1n }],
  ['a number of more than 63 bits', { number: 2n ** 70n }],
  ['a number that is no bigint', { number: 5 }],
  ['an empty key', { key: '' }],
  ['a key that is no text', { key: 5n }],
  ['a key with half of a surrogate pair', { key: '\ud800' }],
  ['no number and no key', {}],
  ['a generation that is none', { number: 5n, key: 'k', keyGeneration: -1 }],
])('a target with %s is refused, and nobody else is', async (_, target) => {
  const settled = await Promise.allSettled([
    step(target as WriteTarget, 0n, 0),
    ...Array.from({ length: 20 }, () => {
      const number = router.drawNumber(0);
      return step({ number, fresh: true }, number, 1);
    }),
  ]);
  expect(settled.map((one) => (one.status === 'rejected' ? one.reason : 'applied'))).toEqual([
    expect.any(InvalidKeyError),
    ...Array.from({ length: 20 }, () => 'applied'),
  ]);
});
