import { EventEmitter } from 'node:events';
import type { Pool, PoolConnection, Query, QueryError, QueryOptions } from 'mysql2';
import { type Frame, remainingMs } from '../context/scope.ts';
import { NoShardError, ScopeClosedError, TransactionControlError } from '../errors.ts';
import { type ConnectionHost, routedConnection, statementOf } from './routed-connection.ts';
import type { Done, ShardPool } from './shard-pool.ts';
import { StreamedQuery } from './streamed-query.ts';
import { transactionControl } from './transaction-control.ts';

/** What the routing pool asks of the router. */
export interface PoolHost extends ConnectionHost {
  /** The frame of the innermost scope around the caller. */
  current(): Frame | undefined;
  /** The pool that a frame's statements go to. Throws when its shard does not answer lately. */
  poolOf(frame: Frame): ShardPool;
  /** The connections of this router end. */
  end(): Promise<void>;
}

/** The frame around the caller. Throws {@link NoShardError} without one, {@link ScopeClosedError} when it is over. */
function openFrame(host: PoolHost): Frame {
  const frame = host.current();
  if (frame === undefined) throw new NoShardError('no scope around this call has chosen a shard');
  if (!frame.life.open) throw new ScopeClosedError('the scope around this call is over');
  if (frame.transaction?.open === false)
    throw new ScopeClosedError('the transaction around this call has ended');
  return frame;
}

/**
 * The router as a pool of the driver: each call goes to the shard of the scope around it, or fails. Inside a transaction
 * of the router, connections are views of the transaction's own.
 *
 * It inherits from a pool of the driver, so that query builders find all that they expect, its promise entry included.
 */
export function routingPool(template: Pool, host: PoolHost): Pool {
  const checkout = async (): Promise<PoolConnection> => {
    const frame = openFrame(host);
    const pool = host.poolOf(frame);
    const open = frame.transaction;
    if (open !== undefined) return routedConnection(open.connection, frame, pool, host);
    const raw = await pool.acquire(remainingMs(frame, pool.limits.queueTimeoutMs));
    return routedConnection(raw, frame, pool, host);
  };

  /** For `.stream()`. */
  const streamed = (options: QueryOptions, pool: ShardPool, frame: Frame): Query => {
    const query = new StreamedQuery(options, {
      pool,
      frame,
      bind: (fn) => host.bind(fn),
      failed: (error) => host.failed(error),
    });
    pool.acquire(remainingMs(frame, pool.limits.queueTimeoutMs)).then(
      (raw) => query.start(raw, (lost) => (lost ? raw.destroy() : raw.release())),
      (error: unknown) => {
        host.failed(error);
        query.fail(error);
      },
    );
    return query as unknown as Query;
  };

  const run =
    (method: 'query' | 'execute') =>
    (sql: string | QueryOptions, ...rest: unknown[]): Query | undefined => {
      const last = rest.at(-1);
      const done = typeof last === 'function' ? (host.bind(last as Done) as Done) : undefined;
      const values = typeof rest[0] === 'function' ? undefined : rest[0];
      try {
        const frame = openFrame(host);
        const pool = host.poolOf(frame);
        if (frame.transaction !== undefined) {
          return routedConnection(frame.transaction.connection, frame, pool, host)[method](
            statementOf(sql, values),
            done as never,
          ) as Query;
        }
        if (transactionControl(typeof sql === 'string' ? sql : sql.sql) !== undefined) {
          throw new TransactionControlError(
            'a transaction needs a connection of its own: take one with getConnection',
          );
        }
        if (done === undefined) return streamed(statementOf(sql, values), pool, frame);
        pool.send(
          method,
          sql,
          values,
          remainingMs(frame, pool.limits.statementTimeoutMs),
          (error, result, fields) => {
            if (error !== null) host.failed(error);
            done(error, result, fields);
          },
        );
      } catch (error) {
        if (done === undefined) throw error;
        process.nextTick(done, error);
      }
      return undefined;
    };

  const pool = Object.create(template, {
    getConnection: {
      value: (callback: (error: QueryError | null, connection?: PoolConnection) => void) => {
        const done = host.bind(callback);
        checkout().then(
          (connection) => process.nextTick(done, null, connection),
          (error: unknown) => {
            host.failed(error);
            process.nextTick(done, error);
          },
        );
      },
    },
    releaseConnection: { value: (connection: PoolConnection) => connection.release() },
    query: { value: run('query') },
    execute: { value: run('execute') },
    end: {
      value: (done?: (error: Error | null) => void) => {
        host.end().then(
          () => done && process.nextTick(done, null),
          (error: Error) => done && process.nextTick(done, error),
        );
      },
    },
  }) as Pool;
  EventEmitter.call(pool as never);
  return pool;
}
