import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { RollbackOnlyError, TransactionControlError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { bodies, INSERT, moveAway, outcome, taken, openFacade, type Facade } from './facade.fixture.ts';

jest.setTimeout(30_000);

let facade: Facade;
let router: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('facade_queued');
  ({ router } = facade);
});

afterAll(() => facade.cluster.end());

describe('statements that are not waited for', () => {
  test('execute() without a callback is executed before the commit that comes after it', async () => {
    const number = router.drawNumber(0);
    await router.withKey(number, async () => {
      const connection = await taken(router);
      connection.beginTransaction(() => undefined);
      connection.execute(INSERT, [number, router.bucketOf(number), 'executed']);
      expect(await outcome((done) => connection.commit(done))).toBe('ok');
      connection.release();
    });
    expect(await bodies(router, number)).toEqual([['executed'], []]);
  });

  test('pool.execute() without a callback is a part of the transaction around it', async () => {
    const number = router.drawNumber(0);
    await router.transaction({ number }, (tx) => {
      router.pool.execute(INSERT, [number, tx.bucket, 'executed']);
    });
    expect(await bodies(router, number)).toEqual([['executed'], []]);
  });

  test('a statement whose failure nobody hears dooms its transaction, and ends no process', async () => {
    const number = router.drawNumber(0);
    const transaction = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'half']);
      router.pool.query(INSERT, [number, tx.bucket, 'twice']);
    });
    await expect(transaction).rejects.toThrow(RollbackOnlyError);
    expect(await bodies(router, number)).toEqual([[], []]);
    await router.withKey(number, async () => {
      const ended = new Promise((resolve) =>
        router.pool.query('SELECT nonsense').on('end', () => resolve(undefined)),
      );
      await ended;
    });
  });

  test.each(['callbacks', 'promises'])(
    'nothing of a transaction whose fence refuses it is written, though all of it was queued at once with %s',
    async (style) => {
      const number = router.drawNumber(0);
      const bucket = router.bucketOf(number);
      await moveAway(router, number);
      try {
        const ran = router.withKey(number, async () => {
          const connection = await taken(router);
          const promised = connection.promise();
          const outcomes =
            style === 'callbacks'
              ? await Promise.all([
                  outcome((done) => connection.beginTransaction(done)),
                  outcome((done) => connection.query(INSERT, [number, bucket, 'unfenced'], done)),
                  outcome((done) => connection.commit(done)),
                ])
              : await Promise.all(
                  [
                    promised.beginTransaction(),
                    promised.query(INSERT, [number, bucket, 'unfenced']),
                    promised.commit(),
                  ].map((work) =>
                    work.then(
                      () => 'ok',
                      (error: { code: string }) => error.code,
                    ),
                  ),
                );
          connection.release();
          return outcomes;
        });
        expect(await ran).toEqual(Array(3).fill('ROUTER_BUCKET_ELSEWHERE'));
        expect(await bodies(router, number)).toEqual([[], []]);
      } finally {
        await moveAway(router, number, false);
        await router.refreshMap();
      }
    },
  );

  test('a transaction that is queued at once is written as if each statement was waited for', async () => {
    const number = router.drawNumber(0);
    await router.withKey(number, async () => {
      const connection = await taken(router);
      const told: string[] = [];
      connection.query('BEGIN', () => told.push('begun'));
      connection.query(INSERT, [number, router.bucketOf(number), 'queued'], () => told.push('inserted'));
      connection.query('COMMIT');
      expect(await outcome((done) => connection.query('SELECT 1', done))).toBe('ok');
      expect(told).toEqual(['begun', 'inserted']);
      connection.release();
    });
    expect(await bodies(router, number)).toEqual([['queued'], []]);
  });

  test.each(['release', 'destroy'] as const)(
    'what is asked of a connection after its %s() is refused, though a COMMIT is under way',
    async (end) => {
      await router.withKey(router.drawNumber(0), async () => {
        const connection = await taken(router);
        const committed = outcome((done) => connection.commit(done));
        connection[end]();
        expect(await outcome((done) => connection.query('SELECT 1', done))).toBe('ROUTER_SCOPE_CLOSED');
        expect(await outcome((done) => connection.beginTransaction(done))).toBe('ROUTER_SCOPE_CLOSED');
        expect(await committed).toBe('ok');
      });
    },
  );

  test('COMMIT on the pool is refused with and without a callback, and ends no transaction', async () => {
    const number = router.drawNumber(0);
    const transaction = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'half']);
      expect(() => router.pool.query('COMMIT')).toThrow(TransactionControlError);
      expect(await outcome((done) => router.pool.query('/* x */ COMMIT', done))).toBe(
        'ROUTER_TRANSACTION_CONTROL',
      );
      throw new Error('no');
    });
    await expect(transaction).rejects.toThrow('no');
    expect(await bodies(router, number)).toEqual([[], []]);
  });
});
