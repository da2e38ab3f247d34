import type { PoolConnection as CallbackConnection } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import type { ShardRouter } from '@ordershard/shard-router';

/** A connection of the routing pool, with promises. */
export function connectionOf(router: ShardRouter): Promise<PoolConnection> {
  return router.pool.promise().getConnection();
}

/** A connection of the routing pool in the driver's own style, with callbacks. */
export function callbackConnectionOf(router: ShardRouter): Promise<CallbackConnection> {
  return new Promise((resolve, reject) => {
    router.pool.getConnection((error, connection) => {
      if (error === null) resolve(connection);
      else reject(error);
    });
  });
}

/** Runs `fn` in a transaction of a connection, as applications write it. */
export async function builderTransaction<T>(
  router: ShardRouter,
  fn: (connection: PoolConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectionOf(router);
  try {
    await connection.beginTransaction();
    const value = await fn(connection);
    await connection.commit();
    return value;
  } catch (error) {
    // The first error is the one to tell.
    await connection.rollback().catch(() => undefined);
    throw error;
  } finally {
    connection.release();
  }
}

/** A promise that some callback settles. */
export function called<T = unknown>(
  call: (callback: (error: unknown, value?: T) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === null || error === undefined) resolve(value as T);
      else reject(error as Error);
    });
  });
}
