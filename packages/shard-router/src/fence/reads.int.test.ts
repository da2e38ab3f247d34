import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ScopeClosedError, ShardMismatchError, TransactionControlError } from '../errors.ts';
import { type ShardSession, sql } from '../index.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('reads');
  router = await cluster.router();
});

afterAll(() => cluster.end());

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';
const BODIES = 'SELECT body FROM notes WHERE number = ?';

type Reading = (of: ShardRouter, number: bigint) => Promise<unknown>;
const READS: [string, Reading][] = [
  ['a read', (of, number) => of.read(number, (session) => session.query(BODIES, [number]))],
  [
    'a read of rows',
    (of, number) => of.readRows(number, sql`SELECT body FROM notes WHERE number = ${number}`),
  ],
];

describe.each(READS)('%s inside a transaction', (_, read) => {
  test('of its number sees what the transaction has written', async () => {
    const number = router.drawNumber(0);
    const seen = await router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'mine']);
      return read(router, number);
    });
    expect(seen).toEqual([{ body: 'mine' }]);
  });

  test('of another number is refused, on whichever shard that lives', async () => {
    const number = router.drawNumber(0);
    await router.transaction({ number }, async () => {
      for (const shard of [0, 1])
        await expect(read(router, router.drawNumber(shard))).rejects.toThrow(ShardMismatchError);
    });
  });

  test('that fails leaves the transaction as it is', async () => {
    const number = router.drawNumber(0);
    await router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'kept']);
      await expect(router.read(number, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    });
    expect(await read(router, number)).toEqual([{ body: 'kept' }]);
  });

  test('takes no connection more, with as many transactions as the pool has connections', async () => {
    const small = await cluster.router({ poolSize: 2, numbers: false });
    const seen = await Promise.all(
      Array.from({ length: 8 }, () => router.drawNumber(0)).map((number) =>
        small.transaction({ number }, async (tx) => {
          await tx.execute(INSERT, [number, tx.bucket, 'x']);
          return read(small, number);
        }),
      ),
    );
    expect(seen).toEqual(Array.from({ length: 8 }, () => [{ body: 'x' }]));
  });
});

describe.each<[string, (number: bigint, timeoutMs: number) => Promise<unknown>]>([
  ['a read', (number, timeoutMs) => router.read(number, (s) => s.query('SELECT 1'), { timeoutMs })],
  ['a read of rows', (number, timeoutMs) => router.readRows(number, sql`SELECT 1 AS one`, { timeoutMs })],
  [
    'a read in a scope',
    (number, timeoutMs) =>
      router.withKey(number, () => router.read(number, (s) => s.query('SELECT 1')), { timeoutMs }),
  ],
  [
    'a read of rows in a scope',
    (number, timeoutMs) =>
      router.withKey(number, () => router.readRows(number, sql`SELECT 1 AS one`), { timeoutMs }),
  ],
])('%s', (_, read) => {
  test('has one deadline for all its attempts at a fence that stays shut', async () => {
    const number = router.drawNumber(0);
    const bucket = router.bucketOf(number);
    const set = (state: string) =>
      router.onShard(0, (session) =>
        session.execute('UPDATE bucket_fences SET state = ? WHERE bucket = ?', [state, bucket]),
      );
    await set('frozen');
    const error: unknown = await read(number, 100).catch((thrown: unknown) => thrown);
    await set('owned');
    // The deadline passes between attempts or during one. An error about the shut fence would come only after all attempts.
    expect(error).toMatchObject({ code: expect.stringMatching(/DEADLINE_EXCEEDED|SHARD_UNAVAILABLE/) });
  });

  test('answers when its deadline is not reached', async () => {
    await expect(read(router.drawNumber(0), 30_000)).resolves.toHaveLength(1);
  });
});

test("a read's session is closed when its function fails: its other branch reads nothing of the next caller", async () => {
  const small = await cluster.router({ poolSize: 1, numbers: false });
  const [number, other] = [router.drawNumber(0), router.drawNumber(0)];
  let stray: ShardSession | undefined;
  const failing = small.read(number, (session) => {
    stray = session;
    return Promise.reject(new Error('planned'));
  });
  await expect(failing).rejects.toThrow('planned');
  await small.transaction({ number: other }, async (tx) => {
    await tx.execute(INSERT, [other, tx.bucket, 'of another caller']);
    await expect(stray!.query('SELECT body FROM notes')).rejects.toThrow(ScopeClosedError);
    await expect(stray!.execute('DELETE FROM notes')).rejects.toThrow(ScopeClosedError);
  });
  expect(await small.read(other, (session) => session.query(BODIES, [other]))).toEqual([
    { body: 'of another caller' },
  ]);
});

test.each([
  'START TRANSACTION READ WRITE',
  '/* c */ begin',
  'SET TRANSACTION READ WRITE',
  'COMMIT',
  'CREATE TABLE x (i INT)',
])("a read's session refuses %s, so nothing can be written in it", async (control) => {
  const number = router.drawNumber(0);
  await router.read(number, async (session) => {
    await expect(session.query(control)).rejects.toThrow(TransactionControlError);
    await expect(session.execute(control)).rejects.toThrow(TransactionControlError);
    await expect(
      session.execute(INSERT, [number, router.bucketOf(number), 'unfenced']),
    ).rejects.toMatchObject({ code: 'ROUTER_WRITE_OUTSIDE_TRANSACTION' });
  });
  expect(await router.read(number, (session) => session.query(BODIES, [number]))).toEqual([]);
});
