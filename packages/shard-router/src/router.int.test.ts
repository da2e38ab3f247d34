import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withShardSessions } from './index.ts';
import {
  DuplicateRowError,
  InvalidKeyError,
  InvalidValueError,
  NoShardError,
  NumberNotWritableError,
  RollbackOnlyError,
  ScopeClosedError,
  KeyElsewhereError,
  ShardMismatchError,
  TransactionControlError,
  UnknownShardError,
} from './errors.ts';
import { encodeNumber } from './ids/snowflake.ts';
import { type TestCluster, testCluster } from './router.fixture.ts';
import type { ShardRouter } from './router.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('router');
  router = await cluster.router();
});

afterAll(() => cluster.end());

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

async function placed(body: string): Promise<bigint> {
  const number = router.drawNumber();
  await router.transaction({ number, fresh: true }, (tx) => tx.execute(INSERT, [number, tx.bucket, body]));
  return number;
}

/** The shards that hold a row of a number. */
async function holders(number: bigint): Promise<number[]> {
  const found = await withShardSessions(cluster.shards, async (session) => {
    const rows = await session.query('SELECT number FROM notes WHERE number = ?', [number]);
    return rows.length > 0 ? session.shard : -1;
  });
  return found.filter((shard) => shard >= 0);
}

describe('a transaction', () => {
  test('writes to the shard that owns the number, and to no other', async () => {
    for (const shard of [0, 1]) {
      const number = router.drawNumber(shard);
      await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'x']));
      expect(await holders(number)).toEqual([shard]);
    }
  });

  test('leaves nothing behind when its function throws', async () => {
    const number = router.drawNumber();
    const failing = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'x']);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await holders(number)).toEqual([]);
  });

  test('cannot write a row of another bucket', async () => {
    const number = router.drawNumber();
    const wrong = router.transaction({ number }, (tx) =>
      tx.execute(INSERT, [number, (tx.bucket + 1) % 1024, 'x']),
    );
    await expect(wrong).rejects.toMatchObject({ code: 'ROUTER_GUARD_REFUSED', errno: 1644 });
    expect(await holders(number)).toEqual([]);
  });

  test('inside another of the same number is a part of it', async () => {
    const number = router.drawNumber();
    await router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'x']);
      await router.transaction({ number }, (inner) =>
        inner.execute('UPDATE notes SET body = ? WHERE number = ?', ['y', number]),
      );
    });
    const rows = await router.read(number, (session) =>
      session.query('SELECT body FROM notes WHERE number = ?', [number]),
    );
    expect(rows).toEqual([{ body: 'y' }]);
  });

  test('cannot commit after a part of it failed', async () => {
    const number = router.drawNumber();
    const whole = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'x']);
      await router.transaction({ number }, () => Promise.reject(new Error('part'))).catch(() => undefined);
    });
    await expect(whole).rejects.toThrow(RollbackOnlyError);
    expect(await holders(number)).toEqual([]);
  });

  test('refuses another number, and another shard, inside it', async () => {
    const number = router.drawNumber(0);
    const other = router.drawNumber(1);
    await router.transaction({ number }, async () => {
      await expect(router.transaction({ number: other }, () => undefined)).rejects.toThrow(
        ShardMismatchError,
      );
      await expect(router.withKey(other, () => undefined)).rejects.toThrow(ShardMismatchError);
      await expect(router.withShard(1, () => undefined)).rejects.toThrow(ShardMismatchError);
    });
  });

  test('refuses work that outlives it', async () => {
    const number = router.drawNumber();
    const escaped = await router.transaction({ number }, (tx) => Promise.resolve({ tx }));
    await expect(escaped.tx.query('SELECT 1')).rejects.toThrow(ScopeClosedError);
  });

  test('tells of a duplicate row by type', async () => {
    const number = await placed('first');
    const again = router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'second']));
    await expect(again).rejects.toThrow(DuplicateRowError);
  });

  test('refuses a number whose time is not near the database`s when it should be fresh', async () => {
    for (const offMs of [-6 * 60_000, 60_000]) {
      const number = encodeNumber({ timeMs: Date.now() + offMs, worker: 1023, sequence: 1 });
      await expect(router.transaction({ number, fresh: true }, () => undefined)).rejects.toThrow(
        NumberNotWritableError,
      );
    }
  });

  test('needs number and key to live on one shard', async () => {
    const key = 'some-key';
    const home = router.shardOf(key);
    const here = router.drawNumber(home);
    const there = router.drawNumber(1 - home);
    const generation = await router.transaction({ number: here, key }, (tx) =>
      Promise.resolve(tx.keyGeneration),
    );
    expect(generation).toBe(0);
    await expect(router.transaction({ number: there, key }, () => undefined)).rejects.toThrow(
      KeyElsewhereError,
    );
  });
});

describe('the routing pool', () => {
  test('goes nowhere without a scope', async () => {
    await expect(router.pool.promise().query('SELECT 1')).rejects.toThrow(NoShardError);
    await expect(router.pool.promise().getConnection()).rejects.toThrow(NoShardError);
  });

  test('reads from the shard of the key, through promises and callbacks', async () => {
    const number = await placed('read me');
    const viaPromise = await router.withKey(number, async () => {
      const [rows] = await router.pool.promise().query('SELECT body FROM notes WHERE number = ?', [number]);
      return rows;
    });
    expect(viaPromise).toEqual([{ body: 'read me' }]);
    const viaCallback = await router.withKey(
      number,
      () =>
        new Promise((resolve, reject) => {
          router.pool.execute(
            'SELECT body FROM notes WHERE number = :number',
            { number: number.toString() },
            (error, rows) => (error === null ? resolve(rows) : reject(error)),
          );
        }),
    );
    expect(viaCallback).toEqual(viaPromise);
  });

  test('has its writes refused by the server outside a transaction of a key', async () => {
    const number = await placed('untouched');
    const statement = `UPDATE notes SET body = 'touched' WHERE number = ${number}`;
    const readOnly = { code: 'ROUTER_WRITE_OUTSIDE_TRANSACTION', errno: 1792 };
    await router.withKey(number, async () => {
      await expect(router.pool.promise().query(statement)).rejects.toMatchObject(readOnly);
      const connection = await router.pool.promise().getConnection();
      await expect(connection.query(statement)).rejects.toMatchObject(readOnly);
      connection.release();
    });
    await router.withShard(router.shardOf(number), async () => {
      const connection = await router.pool.promise().getConnection();
      await connection.beginTransaction();
      await expect(connection.query(statement)).rejects.toMatchObject(readOnly);
      await connection.rollback();
      connection.release();
    });
  });

  test('makes a transaction that is begun on its connection one of the key', async () => {
    const number = await placed('before');
    await router.withKey(number, async () => {
      const connection = await router.pool.promise().getConnection();
      await connection.beginTransaction();
      await connection.query('UPDATE notes SET body = ? WHERE number = ?', ['after', number]);
      await connection.commit();
      connection.release();
    });
    const rows = await router.read(number, (session) =>
      session.query('SELECT body FROM notes WHERE number = ?', [number]),
    );
    expect(rows).toEqual([{ body: 'after' }]);
  });

  test('takes back what a connection that was given back had not committed', async () => {
    const number = await placed('before');
    await router.withKey(number, async () => {
      const connection = await router.pool.promise().getConnection();
      await connection.query('START TRANSACTION');
      await connection.query('UPDATE notes SET body = ? WHERE number = ?', ['lost', number]);
      connection.release();
      await expect(connection.query('SELECT 1')).rejects.toThrow(ScopeClosedError);
    });
    await expect(
      router.transaction({ number }, (tx) =>
        tx.query('SELECT body FROM notes WHERE number = ? FOR UPDATE', [number]),
      ),
    ).resolves.toEqual([{ body: 'before' }]);
  });

  test('gives the transaction`s own connection inside a transaction', async () => {
    const number = router.drawNumber();
    await router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'mine']);
      const [rows] = await router.pool.promise().query('SELECT body FROM notes WHERE number = ?', [number]);
      expect(rows).toEqual([{ body: 'mine' }]);
      const connection = await router.pool.promise().getConnection();
      await connection.beginTransaction();
      await connection.query('UPDATE notes SET body = ? WHERE number = ?', ['inner', number]);
      await connection.rollback();
      connection.release();
    });
    const rows = await router.read(number, (session) =>
      session.query('SELECT body FROM notes WHERE number = ?', [number]),
    );
    expect(rows).toEqual([{ body: 'mine' }]);
  });

  test('begins no transaction without a connection of its own', async () => {
    await router.withKey(1n, async () => {
      await expect(router.pool.promise().query('BEGIN')).rejects.toThrow(TransactionControlError);
    });
  });

  test('refuses work after its scope', async () => {
    let late: Promise<unknown> | undefined;
    let go: (() => void) | undefined;
    const ended = new Promise<void>((resolve) => {
      go = resolve;
    });
    await router.withKey(1n, () => {
      late = ended.then(() => router.pool.promise().query('SELECT 1'));
    });
    go?.();
    await expect(late).rejects.toThrow(ScopeClosedError);
  });

  test('streams rows', async () => {
    const number = await placed('streamed');
    const rows: unknown[] = [];
    await router.withKey(number, async () => {
      const stream = router.pool.query('SELECT body FROM notes WHERE number = ?', [number]).stream();
      for await (const row of stream) rows.push(row);
    });
    expect(rows).toEqual([{ body: 'streamed' }]);
  });

  test('a deadline that has passed refuses work', async () => {
    await router.withKey(
      1n,
      async () => {
        await expect(router.pool.promise().query('SELECT SLEEP(5)')).rejects.toMatchObject({
          retryable: true,
        });
        await expect(router.pool.promise().query('SELECT 1')).rejects.toMatchObject({
          code: 'ROUTER_DEADLINE_EXCEEDED',
        });
      },
      { timeoutMs: 100 },
    );
  });
});

describe('bad input', () => {
  test.each([[''], [7], [null], [{}]])('%j is not a key', async (key) => {
    await expect(router.withKey(key as string, () => undefined)).rejects.toThrow(InvalidKeyError);
  });

  test.each([[{}], [[1]], [Number.NaN], [undefined], [Symbol('a')], [new Date(Number.NaN)]])(
    'value %p has no literal',
    async (value) => {
      const number = router.drawNumber();
      const sent = router.transaction({ number }, (tx) => tx.query('SELECT ?', [value as string]));
      await expect(sent).rejects.toThrow(InvalidValueError);
    },
  );

  test('an unknown shard', async () => {
    await expect(router.withShard(7, () => undefined)).rejects.toThrow(UnknownShardError);
    expect(() => router.drawNumber(7)).toThrow(UnknownShardError);
  });
});

describe('inTransaction', () => {
  test('is true inside a transaction and whatever is nested in it, and only there', async () => {
    const number = router.drawNumber();
    expect(router.inTransaction).toBe(false);
    let ended: (() => boolean) | undefined;
    await router.transaction({ number }, async () => {
      expect(router.inTransaction).toBe(true);
      await router.withKey(number, () => expect(router.inTransaction).toBe(true));
      ended = () => router.inTransaction;
    });
    expect(ended!()).toBe(false);
    await router.withKey(number, () => expect(router.inTransaction).toBe(false));
  });

  test('knows a transaction that was begun on a connection, however it ends', async () => {
    const begin = async () => {
      const connection = await router.pool.promise().getConnection();
      await connection.beginTransaction();
      expect(router.inTransaction).toBe(true);
      return connection;
    };
    await router.withKey(router.drawNumber(0), async () => {
      const sibling = router.withKey(router.drawNumber(), () => router.inTransaction);
      const committed = await begin();
      await router.withKey(router.drawNumber(0), () => expect(router.inTransaction).toBe(true));
      await committed.commit();
      expect(router.inTransaction).toBe(false);
      committed.release();
      const rolledBack = await begin();
      await rolledBack.rollback();
      expect(router.inTransaction).toBe(false);
      rolledBack.release();
      const forgotten = await begin();
      forgotten.release();
      expect(router.inTransaction).toBe(false);
      const destroyed = await begin();
      destroyed.destroy();
      expect(router.inTransaction).toBe(false);
      expect(await sibling).toBe(false);
    });
    await router.withShard(0, async () => {
      const reading = await begin();
      await reading.commit();
      expect(router.inTransaction).toBe(false);
      reading.release();
    });
  });
});
