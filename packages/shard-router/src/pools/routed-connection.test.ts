import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ShardRouter } from '../index.ts';
import { RollbackOnlyError, ShardUnavailableError } from '../errors.ts';
import { DEADLOCKED, DOUBLE_OPTIONS, DriverDouble } from '../property/driver-double.ts';

let double: DriverDouble;
jest.unstable_mockModule('mysql2', () => ({
  createPool: (...args: Parameters<DriverDouble['createPool']>) => double.createPool(...args),
}));
const { connectShardRouter } = await import('../router.ts');

let router: ShardRouter;
const number = 240_000_000_000_000_001n;

beforeEach(async () => {
  double = new DriverDouble();
  router = await connectShardRouter({ ...DOUBLE_OPTIONS, limits: { statementTimeoutMs: 100 } });
  double.log = [];
});

afterEach(async () => {
  await router.close();
  expect(double.complaints).toEqual([]);
});

describe('a value that the driver refuses', () => {
  test('is an error of the call, on the pool', async () => {
    await router.withKey(number, async () => {
      await expect(router.pool.promise().execute('SELECT ?', [undefined as never])).rejects.toThrow(
        TypeError,
      );
      await router.pool.promise().execute('SELECT ?', [1]);
    });
  });

  test('is an error of the call, on a connection and in a transaction', async () => {
    await router.transaction({ number }, async () => {
      await expect(router.pool.promise().execute('SELECT ?', [undefined as never])).rejects.toThrow(
        TypeError,
      );
      await router.pool.promise().execute('SELECT ?', [1]);
    });
  });
});

test('a transaction that only reads and is left open is not given back', async () => {
  await router.withShard(0, async () => {
    const connection = await router.pool.promise().getConnection();
    await connection.beginTransaction();
    connection.release();
  });
});

test('a transaction that could not be committed, and was not taken back, is not given back', async () => {
  await router.withKey(number, async () => {
    const connection = await router.pool.promise().getConnection();
    await connection.beginTransaction();
    await expect(connection.query(`UPDATE 1 ${DEADLOCKED}`)).rejects.toMatchObject({ errno: 1213 });
    await expect(connection.commit()).rejects.toThrow(RollbackOnlyError);
    connection.release();
  });
});

test('what only controls a transaction is bounded in time', async () => {
  await router.withShard(0, async () => {
    const connection = await router.pool.promise().getConnection();
    double.silent = true;
    await expect(connection.beginTransaction()).rejects.toThrow(ShardUnavailableError);
    connection.release();
  });
});

test('failures that are not in a row leave the shard in use', async () => {
  for (let i = 0; i < 4; i += 1) {
    double.silent = true;
    await router.withKey(number, () =>
      expect(router.pool.promise().query('SELECT 1')).rejects.toThrow(ShardUnavailableError),
    );
    double.silent = false;
    await router.withKey(number, () => router.pool.promise().query('SELECT 2'));
  }
  expect(router.liveShards()).toEqual([0, 1, 2]);
});

test('a failure that is told by several ways counts once', async () => {
  for (let i = 0; i < 2; i += 1) {
    await expect(
      router.transaction({ number }, async () => {
        double.silent = true;
        await router.pool.promise().query('SELECT 1');
      }),
    ).rejects.toThrow(ShardUnavailableError);
    double.silent = false;
  }
  expect(router.liveShards()).toEqual([0, 1, 2]);
});

/** Two transactions of the pool that are nested in one of the router, and in turn begin, write, and end. */
async function siblings(ends: readonly ['commit' | 'rollback', 'commit' | 'rollback']): Promise<void> {
  await router.transaction({ number }, async () => {
    const [first, second] = await Promise.all([0, 1].map(() => router.pool.promise().getConnection()));
    await first!.beginTransaction();
    await first!.query('INSERT 1');
    await second!.beginTransaction();
    await second!.query('INSERT 2');
    await first![ends[0]]();
    await second![ends[1]]();
    first!.release();
    second!.release();
  });
}

/** Which of the INSERT statements are there when all is over, as a server does with savepoints. */
function kept(): string[] {
  let rows: string[] = [];
  let committed: string[] = [];
  const savepoints = new Map<string, number>();
  for (const { sql } of double.log!) {
    const name = /SAVEPOINT (\w+)/.exec(sql)?.[1] ?? '';
    if (sql.startsWith('SAVEPOINT')) savepoints.set(name, rows.length);
    else if (sql.startsWith('ROLLBACK TO')) rows = rows.slice(0, savepoints.get(name));
    else if (sql.startsWith('INSERT')) rows.push(sql);
    else if (sql.startsWith('CALL ordershard_commit')) committed = rows;
    else if (sql === 'ROLLBACK') rows = [];
  }
  return committed;
}

describe('transactions of the pool that run at once inside one of the router', () => {
  test('are all kept when all commit', async () => {
    await siblings(['commit', 'commit']);
    expect(kept()).toEqual(['INSERT 1', 'INSERT 2']);
  });

  test('nothing of one that rolled back is kept', async () => {
    await siblings(['rollback', 'commit']).catch(() => undefined);
    expect(kept()).not.toContain('INSERT 1');
  });

  test('one that committed is kept, or all is refused', async () => {
    const refused = await siblings(['commit', 'rollback']).then(
      () => false,
      () => true,
    );
    expect(kept()).toEqual(refused ? [] : ['INSERT 1']);
  });
});
