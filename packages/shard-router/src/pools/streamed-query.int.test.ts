import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolConnection, RowDataPacket } from 'mysql2';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

const DIGITS = '(SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)';
const TABLES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;
/** More than the buffers on the way can hold. */
const MANY = `SELECT REPEAT('x', 200) AS body FROM ${TABLES.map((name) => `${DIGITS} ${name}`).join(' CROSS JOIN ')}`;
const COUNT = 5 ** TABLES.length;
const NUMBER = 240_000_000_000_000_001n;
const STATEMENT_TIMEOUT_MS = 1_000;

let cluster: TestCluster;
let router: ShardRouter;
let patient: ShardRouter;

beforeAll(async () => {
  cluster = await testCluster('streamed');
  const limits = { statementTimeoutMs: STATEMENT_TIMEOUT_MS };
  // With one connection, a stream that keeps it would be noticed by the next statement.
  router = await cluster.router({ poolSize: 1, limits });
  patient = await cluster.router({ poolSize: 1 });
});

afterAll(() => cluster.end());

/** Reads a stream to its end, or to the error that it ends with. */
async function drained(stream: AsyncIterable<unknown>, each: () => unknown = () => undefined) {
  let rows = 0;
  try {
    for await (const _ of stream) {
      rows += 1;
      await each();
    }
    return { rows };
  } catch (error) {
    return { rows, error };
  }
}

/** A connection with callbacks, which alone has streams. */
function taken(on: ShardRouter): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    on.pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
  });
}

/** Ways to a stream: the pool, and a connection of it. */
const WAYS: [string, (router: ShardRouter, sql: string) => Promise<Awaited<ReturnType<typeof drained>>>][] = [
  ['the pool', (on, sql) => drained(on.pool.query(sql).stream())],
  [
    'a connection',
    async (on, sql) => {
      const connection = await taken(on);
      try {
        return await drained(connection.query(sql).stream());
      } finally {
        connection.release();
      }
    },
  ],
  [
    'a transaction',
    (on, sql) => on.transaction({ number: NUMBER }, () => drained(on.pool.query(sql).stream())),
  ],
];

describe.each(WAYS)('a stream of %s', (name, streamOf) => {
  const stillWorks = async (on: ShardRouter) => {
    const [rows] = await on.withKey(NUMBER, () => on.pool.promise().query("SELECT '1' AS one"));
    expect(rows).toEqual([{ one: '1' }]);
  };

  test('gives every row', async () => {
    const read = await router.withKey(NUMBER, () => streamOf(router, MANY));
    expect(read).toEqual({ rows: COUNT });
    await stillWorks(router);
  });

  test('ends with the server`s error', async () => {
    const read = await router.withKey(NUMBER, () => streamOf(router, 'SELECT * FROM nowhere'));
    expect(read).toMatchObject({ rows: 0, error: { code: 'ER_NO_SUCH_TABLE' } });
    await stillWorks(router);
  });

  test('is given up when the server does not answer', async () => {
    const read = router.withKey(NUMBER, () => streamOf(router, 'SELECT SLEEP(30)'));
    // The transaction cannot be committed then, and says so in its own words.
    if (name === 'a transaction') await expect(read).rejects.toMatchObject({ code: 'ROUTER_ROLLBACK_ONLY' });
    else
      expect(await read).toMatchObject({
        rows: 0,
        error: { code: 'ROUTER_SHARD_UNAVAILABLE', retryable: true },
      });
    await stillWorks(router);
  });

  test('is given up at the deadline of its scope', async () => {
    const read = patient.withKey(NUMBER, () => streamOf(patient, 'SELECT SLEEP(30)'), { timeoutMs: 100 });
    if (name === 'a transaction') await expect(read).rejects.toMatchObject({ code: 'ROUTER_ROLLBACK_ONLY' });
    else
      expect(await read).toMatchObject({
        rows: 0,
        error: { code: 'ROUTER_DEADLINE_EXCEEDED', retryable: true },
      });
    await stillWorks(patient);
  });
});

test('the deadline of the scope holds for a reader that takes too long as well', async () => {
  const read = await patient.withKey(
    NUMBER,
    () => drained(patient.pool.query(MANY).stream({ highWaterMark: 2 }), () => pause(50)),
    { timeoutMs: 1_500 },
  );
  expect(read).toMatchObject({ error: { code: 'ROUTER_DEADLINE_EXCEEDED', retryable: true } });
  expect(read.rows).toBeGreaterThan(0);
  expect(patient.liveShards()).toEqual([0, 1]);
});

test('a reader may take longer than a statement may', async () => {
  const begun = performance.now();
  const read = await router.withKey(NUMBER, () =>
    drained(router.pool.query(MANY).stream({ highWaterMark: 2 }), async () => {
      if (performance.now() - begun < 2 * STATEMENT_TIMEOUT_MS) await pause(100);
    }),
  );
  expect(read).toEqual({ rows: COUNT });
});

test('a connection that is lost ends the stream with an error of the router', async () => {
  const shard = router.shardOf(NUMBER);
  const read = await router.withKey(NUMBER, async () => {
    const [rows] = await router.pool.promise().query<RowDataPacket[]>('SELECT CONNECTION_ID() AS id');
    const stream = router.pool.query(MANY).stream({ highWaterMark: 2 });
    return drained(stream, async () => {
      await router
        .onShard(shard, (session) => session.execute(`KILL ${rows[0]!['id']}`))
        .catch(() => undefined);
    });
  });
  expect(read).toMatchObject({ error: { code: 'ROUTER_SHARD_UNAVAILABLE', retryable: true } });
});

test('a stream that is ended early gives its connection back', async () => {
  await patient.withKey(NUMBER, async () => {
    for await (const _ of patient.pool.query(MANY).stream()) break;
    const [rows] = await patient.pool.promise().query("SELECT '1' AS one");
    expect(rows).toEqual([{ one: '1' }]);
  });
});

test('a stream whose connection is given back is told so', async () => {
  await patient.withKey(NUMBER, async () => {
    const connection = await taken(patient);
    const read = drained(connection.query(MANY).stream({ highWaterMark: 2 }), () => {
      connection.release();
    });
    expect(await read).toMatchObject({ error: { code: 'ROUTER_SCOPE_CLOSED' } });
  });
});

test('rows come as events too, in the scope of whoever asked', async () => {
  const rows: unknown[] = [];
  await router.withKey(NUMBER, async () => {
    await new Promise<void>((resolve, reject) => {
      const query = router.pool.query("SELECT '1' AS n UNION ALL SELECT '2'");
      query.on('result', (row) => rows.push(row));
      query.on('error', reject);
      query.on('end', () => {
        // Outside every scope this would throw.
        router.pool.query("SELECT '3' AS n", (error, more) => {
          rows.push(...((more as unknown[]) ?? []));
          if (error === null) resolve();
          else reject(error);
        });
      });
    });
  });
  expect(rows).toEqual([{ n: '1' }, { n: '2' }, { n: '3' }]);
});
