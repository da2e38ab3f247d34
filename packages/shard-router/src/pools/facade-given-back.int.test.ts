import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { PoolConnection as PromiseConnection } from 'mysql2/promise';
import { RollbackOnlyError, ScopeClosedError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { bodies, INSERT, MANY, using, openFacade, type Facade } from './facade.fixture.ts';

jest.setTimeout(30_000);

let facade: Facade;
let router: ShardRouter;
let single: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('facade_given_back');
  ({ router, single } = facade);
});

afterAll(() => facade.cluster.end());

describe('a connection that is given back, or whose scope ends', () => {
  test('while its statement runs goes to nobody else, and the statement is refused', async () => {
    const number = single.drawNumber(0);
    let slow: Promise<unknown> | undefined;
    await using(single, number, async (connection) => {
      slow = connection.query('SELECT SLEEP(20)');
      slow.catch(() => undefined);
    });
    await expect(slow).rejects.toThrow(ScopeClosedError);
    await single.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'next']));
    expect(await bodies(router, number)).toEqual([['next'], []]);
  });

  test('is taken back with its transaction when the scope ends without it', async () => {
    const number = single.drawNumber(0);
    let kept: PromiseConnection | undefined;
    const failed = single.withKey(number, async () => {
      kept = await single.pool.promise().getConnection();
      await kept.beginTransaction();
      await kept.query(INSERT, [number, single.bucketOf(number), 'lost']);
      throw new Error('before any finally');
    });
    await expect(failed).rejects.toThrow('before any finally');
    await expect(kept!.query('SELECT 1')).rejects.toThrow(ScopeClosedError);
    expect(single.inTransaction).toBe(false);
    await single.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'next']));
    expect(await bodies(router, number)).toEqual([['next'], []]);
  });

  test('takes back what a transaction of the router had lent', async () => {
    const number = router.drawNumber(0);
    let kept: PromiseConnection | undefined;
    const left = router.transaction({ number }, async (tx) => {
      kept = await router.pool.promise().getConnection();
      await kept.beginTransaction();
      await kept.query(INSERT, [number, tx.bucket, 'in a part that is left open']);
    });
    await expect(left).rejects.toThrow(RollbackOnlyError);
    await expect(kept!.query('SELECT 1')).rejects.toThrow(ScopeClosedError);
    expect(await bodies(router, number)).toEqual([[], []]);
  });

  test('ends a stream that is not read, in a scope and in a transaction', async () => {
    const number = single.drawNumber(0);
    await single.withKey(
      number,
      () =>
        void single.pool
          .query(MANY)
          .stream()
          .on('error', () => undefined),
    );
    await single
      .transaction(
        { number },
        () =>
          void single.pool
            .query(MANY)
            .stream()
            .on('error', () => undefined),
      )
      .catch(() => undefined);
    await single.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'next']));
    expect(await bodies(router, number)).toEqual([['next'], []]);
  });

  test('leaves no state of its session to the next caller', async () => {
    const number = single.drawNumber(0);
    await using(single, number, (connection) => connection.query('SET SESSION group_concat_max_len = 77'));
    const [rows] = await using(single, number, (connection) =>
      connection.query('SELECT @@group_concat_max_len AS n'),
    );
    expect(rows).not.toEqual([{ n: '77' }]);
  });
});
