import type { PoolConnection, QueryOptions } from 'mysql2';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented, type ObservedPool } from '../observe/telemetry.ts';
import { lateError } from './late.ts';
import type { ShardPool } from './shard-pool.ts';

/** The pool of a connection. Without one, no observer is told and no limit is known. */
export type SentIn = ObservedPool & Partial<Pick<ShardPool, 'limits' | 'late' | 'abandon' | 'translate'>>;

/**
 * Sends a text of one or more statements on a connection that its caller holds. When the text is not answered in time, the
 * connection is given up, because the server may still be running it. Errors are the driver's, not the router's.
 *
 * @throws DeadlineExceededError, ShardUnavailableError when it is not answered in time
 */
export function sendWithin(
  connection: PoolConnection,
  pool: SentIn | undefined,
  options: QueryOptions,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let over = false;
    const done = observeStatement<[result?: unknown]>(pool, options.sql, (error, result) => {
      over = true;
      clearTimeout(timer);
      if (error === null) resolve(result);
      else reject(error as Error);
    });
    const timer = setTimeout(() => {
      if (pool?.abandon === undefined) connection.destroy();
      else pool.abandon(connection);
      done(pool?.late?.(timeoutMs) ?? lateError({ shard: pool?.shard ?? -1 }, timeoutMs));
    }, timeoutMs);
    connection.query({ ...options, sql: commented(pool, options.sql) }, (error, result) => {
      if (!over) done(error, result);
    });
  });
}
