import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ShardRouter, ShardSession } from '../index.ts';
import type { RoutedConnection } from './routed-connection.ts';
import { testCluster, type TestCluster } from '../router.fixture.ts';

let cluster: TestCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('giveback');
  // One connection, so that who comes next gets the one that was given back.
  router = await cluster.router({ poolSize: 1 });
  await router.onShard(0, (session) => session.execute('CREATE TABLE jobs (id INT PRIMARY KEY)'));
});

afterAll(() => cluster?.end());

const connectionId = async (session: ShardSession): Promise<string> =>
  (await session.query<{ id: string }>('SELECT CONNECTION_ID() AS id'))[0]!.id;

describe("an operator's session", () => {
  test('of which a transaction was left open is not used again, and nothing of it stays', async () => {
    await expect(
      router.onShard(0, async (session) => {
        await session.execute('START TRANSACTION READ WRITE');
        await session.execute('INSERT INTO jobs VALUES (1)');
        throw new Error('half-way');
      }),
    ).rejects.toThrow('half-way');
    await router.onShard(0, (session) => session.execute('INSERT INTO jobs VALUES (2)'));
    // Of several connections that the pool may give, each sees what is committed alone.
    const seen = await Promise.all(
      Array.from({ length: 4 }, () => router.onShard(0, (session) => session.query('SELECT id FROM jobs'))),
    );
    expect(seen).toEqual(Array.from({ length: 4 }, () => [{ id: 2 }]));
  });

  test.each([
    ['a variable', 'SET @left_behind = 7'],
    ['a setting', "SET SESSION sql_mode = ''"],
    ['a lock by name', "SELECT GET_LOCK('give-back', 1)"],
    ['locked tables', 'LOCK TABLES jobs WRITE'],
    ['a temporary table', 'CREATE TEMPORARY TABLE passing (id INT)'],
    ['an assignment in a query', 'SELECT @left_behind := 7'],
  ])('in which %s was left is not used again', async (_, sql) => {
    const used = await router.onShard(0, async (session) => {
      await session.query(sql);
      return connectionId(session);
    });
    expect(await router.onShard(0, connectionId)).not.toBe(used);
  });

  test.each(['START TRANSACTION READ WRITE', 'SET autocommit = 0'])(
    'in which %s was not committed is told so, and nothing of it stays',
    async (begin) => {
      await expect(
        router.onShard(0, async (session) => {
          await session.execute(begin);
          await session.execute('INSERT INTO jobs VALUES (3)');
        }),
      ).rejects.toMatchObject({ code: 'ROUTER_TRANSACTION_CONTROL' });
      expect(await router.onShard(0, (session) => session.query('SELECT id FROM jobs WHERE id = 3'))).toEqual(
        [],
      );
    },
  );

  test('whose statement failed is used again', async () => {
    let used: string | undefined;
    await expect(
      router.onShard(0, async (session) => {
        used = await connectionId(session);
        await session.query('SELECT no_such_column FROM jobs');
      }),
    ).rejects.toMatchObject({ errno: 1054 });
    expect(await router.onShard(0, connectionId)).toBe(used);
  });

  test('that was given back while a statement was under way is not used again', async () => {
    let late: Promise<unknown> | undefined;
    const used = await router.onShard(0, async (session) => {
      const id = await connectionId(session);
      late = session.query('SELECT SLEEP(0.5)').catch((error: unknown) => error);
      return id;
    });
    expect(await router.onShard(0, connectionId)).not.toBe(used);
    expect(await late).toMatchObject({ code: 'ROUTER_SCOPE_CLOSED' });
  });
});

describe('a connection of the pool', () => {
  const id = async (): Promise<unknown> => {
    const [rows] = await router.pool.promise().query('SELECT CONNECTION_ID() AS id');
    return (rows as { id: unknown }[])[0]!.id;
  };

  test('on which a variable was set is not used for another caller', async () => {
    await router.withShard(0, async () => {
      const before = await id();
      expect(await id()).toBe(before);
      await router.pool.promise().query('SET @left_behind = 7');
      expect(await id()).not.toBe(before);
    });
  });

  test('whose statement was refused is used again', async () => {
    await router.withShard(0, async () => {
      const before = await id();
      await expect(router.pool.promise().query('INSERT INTO jobs VALUES (9)')).rejects.toMatchObject({
        errno: 1792,
      });
      await expect(router.pool.promise().execute('SELECT no_such_column FROM jobs')).rejects.toMatchObject({
        errno: 1054,
      });
      expect(await id()).toBe(before);
    });
  });
});

test('what still runs of a read that failed finds its session closed', async () => {
  const number = router.drawNumber(0);
  let stray: Promise<unknown> | undefined;
  let fail: () => void;
  const failed = new Promise<void>((resolve) => (fail = resolve));
  await expect(
    router.read(number, async (session) => {
      stray = failed.then(() => session.query('SELECT 1')).catch((error: unknown) => error);
      await Promise.resolve();
      throw new Error('the other branch failed');
    }),
  ).rejects.toThrow('the other branch failed');
  fail!();
  expect(await stray).toMatchObject({ code: 'ROUTER_SCOPE_CLOSED' });
});

test('a connection that is given back in the middle of its statements ends without a warning', async () => {
  const warned = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    for (let turn = 0; turn < 10; turn += 1) {
      const connection = await router.withShard(0, async () => {
        const taken = await router.pool.promise().getConnection();
        const { raw } = (taken.connection as unknown as RoutedConnection).work;
        // The first is answered, and then the server finds that nobody is there to send the next.
        for (let sent = 0; sent < 3; sent += 1) taken.query('SELECT SLEEP(0.01)').catch(() => undefined);
        taken.release();
        return raw as unknown as { readonly stream: Socket };
      });
      const { stream } = connection;
      if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
    }
    expect(warned).not.toHaveBeenCalled();
  } finally {
    warned.mockRestore();
  }
});
