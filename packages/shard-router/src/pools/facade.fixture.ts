import type { PoolConnection, QueryError } from 'mysql2';
import type { PoolConnection as PromiseConnection } from 'mysql2/promise';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import type { ShardRouter } from '../router.ts';

/** Puts a note on its shard: number, bucket, body. */
export const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';

/** More rows than the buffers on the way can hold. */
export const MANY = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
  SELECT REPEAT('x', 1000) AS body FROM n AS a, (SELECT * FROM n LIMIT 20) AS b`;

/** A cluster and two routers of it. */
export interface Facade {
  readonly cluster: TestCluster;
  readonly router: ShardRouter;
  /** With one connection: what one caller leaves on it meets the next. */
  readonly single: ShardRouter;
}

export async function openFacade(label: string): Promise<Facade> {
  const cluster = await testCluster(label);
  const router = await cluster.router();
  const single = await cluster.router({ poolSize: 1, limits: { queueTimeoutMs: 10_000 } });
  return { cluster, router, single };
}

/** The bodies of a number's rows on each shard. */
export async function bodies(router: ShardRouter, number: bigint): Promise<readonly (readonly string[])[]> {
  return Promise.all(
    [0, 1].map((shard) =>
      router.onShard(shard, async (session) => {
        const rows = await session.query<{ body: string }>('SELECT body FROM notes WHERE number = ?', [
          number,
        ]);
        return rows.map(({ body }) => body);
      }),
    ),
  );
}

/** A connection of the callback kind. */
export function taken(router: ShardRouter): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    router.pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
  });
}

/** What became of a call with a callback: `ok`, or the error's code. */
export function outcome(call: (done: (error: QueryError | null) => void) => void): Promise<string> {
  return new Promise((resolve) => {
    call((error) => resolve(error === null ? 'ok' : error.code));
  });
}

/** Runs `fn` in the scope of a number with a connection that is given back. */
export async function using<T>(
  router: ShardRouter,
  number: bigint,
  fn: (connection: PromiseConnection) => Promise<T>,
): Promise<T> {
  return router.withKey(number, async () => {
    const connection = await router.pool.promise().getConnection();
    try {
      return await fn(connection);
    } finally {
      connection.release();
    }
  });
}

/** Has a bucket's fence on shard 0 say that it lives on shard 1, or that it is there again. */
export function moveAway(router: ShardRouter, number: bigint, away = true): Promise<unknown> {
  return router.onShard(0, (session) =>
    session.execute(
      'UPDATE bucket_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?',
      [away ? 'moved' : 'owned', away ? 1 : null, router.bucketOf(number)],
    ),
  );
}
