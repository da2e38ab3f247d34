import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { UnsupportedMethodError } from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import { bodies, INSERT, MANY, taken, using, openFacade, type Facade } from './facade.fixture.ts';

jest.setTimeout(30_000);

let facade: Facade;
let router: ShardRouter;
let single: ShardRouter;

beforeAll(async () => {
  facade = await openFacade('facade_methods');
  ({ router, single } = facade);
});

afterAll(() => facade.cluster.end());

describe('methods of the driver`s connection', () => {
  test.each(['a used connection', 'a transaction'])('ping and prepare are answered on %s', async (where) => {
    const number = router.drawNumber(0);
    await using(router, number, async (connection) => {
      await connection.query('SELECT 1');
      if (where === 'a transaction') {
        await connection.beginTransaction();
        await connection.query(INSERT, [number, router.bucketOf(number), 'pinged']);
      }
      expect(await connection.ping()).toBe(true);
      const statement = await connection.prepare('SELECT ? AS given');
      expect(await statement.execute(['a'])).toMatchObject([[{ given: 'a' }], expect.anything()]);
      await statement.close();
      await expect(connection.prepare('SELEC')).rejects.toMatchObject({ code: 'ER_PARSE_ERROR' });
      if (where === 'a transaction') await connection.commit();
    });
    expect(await bodies(router, number)).toEqual([where === 'a transaction' ? ['pinged'] : [], []]);
  });

  test('a value that is half of a surrogate pair is refused, however it is given, for it would be stored as another text', async () => {
    const number = router.drawNumber(0);
    const values = [number, router.bucketOf(number), 'half \ude00'];
    const refused = { code: 'ROUTER_INVALID_VALUE' };
    await expect(router.transaction({ number }, (tx) => tx.execute(INSERT, values))).rejects.toMatchObject(
      refused,
    );
    await using(router, number, async (connection) => {
      await connection.beginTransaction();
      await expect(connection.query(INSERT, values)).rejects.toMatchObject(refused);
      await expect(connection.execute(INSERT, values)).rejects.toMatchObject(refused);
      await connection.rollback();
    });
    await router.withKey(number, async () => {
      await expect(router.pool.promise().query('SELECT ?', ['\ud800'])).rejects.toMatchObject(refused);
      await expect(router.pool.promise().execute('SELECT ?', ['\ud800'])).rejects.toMatchObject(refused);
    });
    expect(await bodies(router, number)).toEqual([[], []]);
  });

  test('those that would change a pooled session are refused, and leave the transaction as it is', async () => {
    const number = router.drawNumber(0);
    await using(router, number, async (connection) => {
      await connection.beginTransaction();
      await connection.query(INSERT, [number, router.bucketOf(number), 'kept']);
      await expect(connection.reset()).rejects.toThrow(UnsupportedMethodError);
      await expect(connection.changeUser({})).rejects.toThrow(UnsupportedMethodError);
      await expect(connection.prepare('COMMIT')).rejects.toThrow(UnsupportedMethodError);
      await connection.commit();
    });
    expect(await bodies(router, number)).toEqual([['kept'], []]);
  });

  test('a statement of a connection can be paused and go on', async () => {
    await router.withKey(router.drawNumber(0), async () => {
      const connection = await taken(router);
      let rows = 0;
      await new Promise<void>((resolve, reject) => {
        connection
          .query(MANY)
          .on('result', () => {
            rows += 1;
            if (rows !== 10) return;
            connection.pause();
            setImmediate(() => connection.resume());
          })
          .on('error', reject)
          .on('end', resolve);
      });
      expect(rows).toBe(18_000);
      connection.release();
    });
  });

  test('events tell of connections that are taken and given back, with statements of the pool too', async () => {
    const heard: string[] = [];
    const own = await facade.cluster.router();
    for (const event of ['connection', 'acquire', 'release'] as const)
      own.pool.on(event as 'acquire', () => heard.push(event));
    await own.withKey(own.drawNumber(0), () => own.pool.promise().query('SELECT 1'));
    expect(heard).toEqual(['connection', 'acquire', 'release']);
    expect(() => own.pool.on('enqueue', () => undefined)).toThrow(UnsupportedMethodError);
  });

  test('a connection is given back by a `using` declaration', async () => {
    await single.withKey(single.drawNumber(0), async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await using connection = await single.pool.promise().getConnection();
        await connection.query('SELECT 1');
      }
    });
  });
});

test.each([
  'SELECT 1 AS a /* controller:users */',
  "SELECT '12:30' AS a",
  'SELECT ":b" AS a',
  'SELECT 1 AS `a:b`',
  "SELECT '\\':name' AS a",
  "SELECT 1 AS a, '?' AS q",
  'SELECT 1 AS a /* what? */',
])('%j holds no places for values when none are given', async (text) => {
  await router.withKey(1n, async () => {
    const pool = router.pool.promise();
    expect((await pool.query(text))[0]).toHaveLength(1);
    expect((await pool.execute(text))[0]).toHaveLength(1);
    const connection = await pool.getConnection();
    expect((await connection.query(text))[0]).toHaveLength(1);
    expect((await connection.execute(text))[0]).toHaveLength(1);
    expect((await pool.query(text, null))[0]).toHaveLength(1);
    connection.release();
  });
});

test('values are given by place, by name, and one alone', async () => {
  await router.withKey(1n, async () => {
    const pool = router.pool.promise();
    const given = [{ a: 'x' }];
    expect((await pool.query('SELECT ? AS a', ['x']))[0]).toEqual(given);
    expect((await pool.query('SELECT ? AS a', 'x'))[0]).toEqual(given);
    expect((await pool.query('SELECT :b AS a', { b: 'x' }))[0]).toEqual(given);
    expect((await pool.execute('SELECT :b AS a', { b: 'x' }))[0]).toEqual(given);
    expect((await pool.query({ sql: 'SELECT ? AS a', values: ['x'] }))[0]).toEqual(given);
    expect((await pool.query({ sql: 'SELECT ? AS a', rowsAsArray: true }, ['x']))[0]).toEqual([['x']]);
    expect((await pool.query('SELECT ? AS a', Buffer.from('x')))[0]).toEqual([{ a: Buffer.from('x') }]);
  });
});
