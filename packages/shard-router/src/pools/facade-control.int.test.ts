import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { TransactionControlError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { bodies, INSERT, moveAway, using, openFacade, type Facade } from './facade.fixture.ts';

jest.setTimeout(30_000);

let facade: Facade;
let router: ShardRouter;
let single: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('facade_control');
  ({ router, single } = facade);
});

afterAll(() => facade.cluster.end());

describe('outside of a transaction', () => {
  test.each([
    'UPDATE notes SET body = body WHERE number = 0',
    'SELECT body FROM notes WHERE number = 0 FOR UPDATE',
    'EXPLAIN UPDATE notes SET body = body WHERE number = 0',
  ])('%j is refused by type, and is sent in one', async (text) => {
    const number = router.drawNumber(0);
    const refused = { code: 'ROUTER_WRITE_OUTSIDE_TRANSACTION', errno: 1792 };
    await router.withKey(number, () =>
      expect(router.pool.promise().query(text)).rejects.toMatchObject(refused),
    );
    await using(router, number, async (connection) => {
      await connection.beginTransaction();
      await connection.query(text);
      await connection.rollback();
    });
  });
});

describe('what would end, chain or go past a transaction', () => {
  test.each([
    'CREATE TABLE past (a INT)',
    'TRUNCATE TABLE notes',
    'COMMIT /* c */',
    'COMMIT AND CHAIN',
    'ROLLBACK',
    'SET autocommit = 1',
    'BEGIN',
  ])(
    '%j is refused in a transaction of the router, and what is before it goes when the function throws',
    async (text) => {
      const number = router.drawNumber(0);
      const transaction = router.transaction({ number }, async (tx) => {
        await tx.execute(INSERT, [number, tx.bucket, 'half']);
        await expect(tx.execute(text)).rejects.toThrow(TransactionControlError);
        await expect(router.pool.promise().query(text)).rejects.toThrow(TransactionControlError);
        throw new Error('no');
      });
      await expect(transaction).rejects.toThrow('no');
      expect(await bodies(router, number)).toEqual([[], []]);
    },
  );

  test.each([
    'START TRANSACTION READ WRITE, WITH CONSISTENT SNAPSHOT',
    '/* app */ START TRANSACTION READ WRITE',
    'START TRANSACTION /* app */ READ WRITE',
    'START TRANSACTION /*! READ WRITE */',
    "BEGIN /*traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/",
    'SET TRANSACTION READ WRITE',
    'SET SESSION TRANSACTION READ WRITE',
  ])('after %j nothing is written on a shard that has given the bucket away', async (text) => {
    const number = single.drawNumber(0);
    await moveAway(router, number);
    try {
      const ran = single.withKey(number, async () => {
        const connection = await single.pool.promise().getConnection();
        const all = await Promise.allSettled([
          connection.query(text),
          connection.query(INSERT, [number, single.bucketOf(number), 'unfenced']),
          connection.query('COMMIT'),
        ]);
        connection.release();
        return all;
      });
      expect((await ran)[1]).toMatchObject({ status: 'rejected' });
      expect(await bodies(router, number)).toEqual([[], []]);
    } finally {
      await moveAway(router, number, false);
      await single.refreshMap();
    }
  });

  test('COMMIT AND CHAIN is refused, and the transaction goes on under its fence', async () => {
    const number = router.drawNumber(0);
    await using(router, number, async (connection) => {
      await connection.beginTransaction();
      await connection.query(INSERT, [number, router.bucketOf(number), 'first']);
      await expect(connection.query('COMMIT AND CHAIN')).rejects.toThrow(TransactionControlError);
      await connection.rollback();
    });
    expect(await bodies(router, number)).toEqual([[], []]);
  });

  test('a transaction that only reads stays one, however it is asked for', async () => {
    const number = router.drawNumber(0);
    for (const begin of [
      ['START TRANSACTION READ ONLY'],
      ['SET TRANSACTION READ ONLY', 'BEGIN'],
      [
        'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY',
        'START TRANSACTION WITH CONSISTENT SNAPSHOT',
      ],
    ]) {
      await using(router, number, async (connection) => {
        for (const text of begin) await connection.query(text);
        expect(router.inTransaction).toBe(true);
        await expect(
          connection.query(INSERT, [number, router.bucketOf(number), 'written']),
        ).rejects.toThrow();
        await connection.query('COMMIT');
      });
    }
    expect(await bodies(router, number)).toEqual([[], []]);
  });

  test('another isolation level holds for the next transaction, and for no other', async () => {
    const number = single.drawNumber(0);
    /** Whether a row that another session commits meanwhile is seen in a transaction. */
    const seesOthers = (before?: string) =>
      using(single, number, async (connection) => {
        const count = async () => {
          const [rows] = await connection.query('SELECT COUNT(*) AS n FROM notes');
          return (rows as { n: string }[])[0]!.n;
        };
        if (before !== undefined) await connection.query(before);
        await connection.beginTransaction();
        const first = await count();
        await router.onShard(0, (session) => session.execute(INSERT, [router.drawNumber(0), 0, 'another']));
        const second = await count();
        await connection.commit();
        return first !== second;
      });
    expect(await seesOthers('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')).toBe(false);
    expect(await seesOthers()).toBe(true);
    // One that was asked for and never begun.
    const asked = 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ';
    await using(single, number, (connection) => connection.query(asked));
    expect(await seesOthers()).toBe(true);
  });
});
