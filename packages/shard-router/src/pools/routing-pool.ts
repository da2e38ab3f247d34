import { EventEmitter } from 'node:events';
import type { Pool, PoolConnection, PoolOptions, Query, QueryError, QueryOptions } from 'mysql2';
import { lend } from '../context/lent.ts';
import { type Frame, remainingMs } from '../context/scope.ts';
import { NoShardError, ScopeClosedError, UnsupportedMethodError } from '../errors.ts';
import { AnsweredQuery } from './answered-query.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionWork } from './connection-work.ts';
import { RoutedConnection } from './routed-connection.ts';
import { RoutingPromisePool } from './routing-promise-pool.ts';
import { sendStatement } from './send-command.ts';
import type { Done, ShardPool } from './shard-pool.ts';
import { statementOf, valuesOf } from './statement-of.ts';
import { StreamedQuery } from './streamed-query.ts';
import { controlRefusal } from './transaction-control.ts';

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
 * of the router, connections are views of the transaction's own. Like {@link RoutedConnection} it inherits nothing.
 */
export class RoutingPool extends EventEmitter {
  readonly #template: Pool;
  readonly #host: PoolHost;
  #promised: RoutingPromisePool | undefined;
  #config: PoolOptions | undefined;
  /**
   * Whether somebody listens for connections that are taken and given back. If so, each single statement announces its own
   * too.
   */
  #heard = false;
  #closed = false;

  /** @param template a pool of the driver, for what concerns no shard: how values are escaped, and the configuration */
  constructor(template: Pool, host: PoolHost) {
    super();
    this.#template = template;
    this.#host = host;
    this.on('newListener', (event: string) => {
      if (event === 'enqueue')
        throw new UnsupportedMethodError(
          "the event 'enqueue' is not told: the router's observer tells of waits",
        );
      if (event === 'acquire' || event === 'connection' || event === 'release') this.#heard = true;
    });
  }

  getConnection(callback: (error: QueryError | null, connection?: PoolConnection) => void): void {
    const done = this.#host.bind(callback);
    this.connection().then(
      (connection) => process.nextTick(done, null, connection.asConnection()),
      (error: unknown) => process.nextTick(done, error),
    );
  }

  releaseConnection(connection: { release(): void }): void {
    connection.release();
  }

  query(sql: string | QueryOptions, values?: unknown, done?: unknown): Query {
    return this.#called('query', sql, values, done);
  }

  execute(sql: string | QueryOptions, values?: unknown, done?: unknown): Query {
    return this.#called('execute', sql, values, done);
  }

  /** Throws {@link UnsupportedMethodError}: a statement is prepared on a connection. */
  unprepare(): never {
    throw new UnsupportedMethodError('unprepare() needs the connection on which a statement was prepared');
  }

  /** Closes the router. */
  end(done?: (error: Error | null) => void): void {
    this.#closed = true;
    const told = done === undefined ? undefined : this.#host.bind(done);
    this.#host.end().then(
      () => told && process.nextTick(told, null),
      (error: Error) => told && process.nextTick(told, error),
    );
  }

  [Symbol.dispose](): void {
    this.end();
  }

  promise(promiseImpl: PromiseConstructor = Promise): RoutingPromisePool {
    if (promiseImpl !== Promise) return new RoutingPromisePool(this, promiseImpl);
    this.#promised ??= new RoutingPromisePool(this, promiseImpl);
    return this.#promised;
  }

  escape(value: unknown): string {
    return this.#template.escape(value);
  }

  escapeId(value: string | string[]): string {
    return this.#template.escapeId(value as string);
  }

  format(sql: string, values?: unknown): string {
    return this.#template.format(sql, values);
  }

  /** A copy: what is written there changes nothing. */
  get config(): PoolOptions {
    if (this.#config === undefined) {
      const { config } = this.#template as unknown as { config: { connectionConfig: object } };
      this.#config = { ...config, connectionConfig: { ...config.connectionConfig } } as PoolOptions;
    }
    return this.#config;
  }

  get _closed(): boolean {
    return this.#closed;
  }

  /** A connection for the scope around the caller. */
  async connection(): Promise<RoutedConnection> {
    const frame = openFrame(this.#host);
    try {
      return this.#handedOut(await this.#work(frame));
    } catch (error) {
      this.#host.failed(error);
      throw error;
    }
  }

  /** Sends a statement in the scope around the caller. `done` is called in every case, and never at once. */
  statement(method: 'query' | 'execute', sql: string | QueryOptions, values: unknown, done: Done): void {
    try {
      this.#send(method, sql, values, done);
    } catch (error) {
      process.nextTick(done, error);
    }
  }

  #send(method: 'query' | 'execute', sql: string | QueryOptions, values: unknown, done: Done): void {
    const host = this.#host;
    const frame = openFrame(host);
    const pool = host.poolOf(frame);
    const text = typeof sql === 'string' ? sql : sql.sql;
    const refusal = controlRefusal(text);
    if (refusal !== undefined) throw refusal;
    const open = frame.transaction;
    if (open !== undefined) {
      open.parts.sent(open);
      sendStatement(
        {
          raw: open.connection,
          pool,
          frame,
          transaction: open,
          observed: undefined,
          underWay: undefined,
          failed: (error) => host.failed(error),
        },
        method,
        statementOf(method, sql, values),
        done,
      );
      return;
    }
    if (this.#heard) {
      void this.#onConnection(frame, method, statementOf(method, sql, values), done);
      return;
    }
    pool.send(
      method,
      sql,
      valuesOf(method, values ?? (typeof sql === 'string' ? undefined : sql.values)),
      remainingMs(frame, pool.limits.statementTimeoutMs),
      (error, result, fields) => {
        if (error !== null) host.failed(error);
        done(error, result, fields);
      },
    );
  }

  /** Sends a statement on a connection that is announced when it is taken and given back. */
  async #onConnection(
    frame: Frame,
    method: 'query' | 'execute',
    options: QueryOptions,
    told: Done,
  ): Promise<void> {
    try {
      const connection = this.#handedOut(await this.#work(frame));
      connection.work.statement(method, options, (error, result, fields) => {
        connection.release();
        told(error, result, fields);
      });
    } catch (error) {
      this.#host.failed(error);
      told(error as QueryError);
    }
  }

  /**
   * Returns a function that makes the work on a connection for a frame. In a transaction of the router it is that one's
   * connection.
   */
  async #work(frame: Frame): Promise<(released: () => void) => ConnectionWork> {
    const host = this.#host;
    const pool = host.poolOf(frame);
    const open = frame.transaction;
    const raw = open?.connection ?? (await pool.acquire(remainingMs(frame, pool.limits.queueTimeoutMs)));
    if (open === undefined && !frame.life.open) {
      pool.giveBack(raw);
      throw new ScopeClosedError('the scope around this call was over before a connection was free');
    }
    return (released) => new ConnectionWork(raw, frame, pool, host, released);
  }

  #handedOut(work: (released: () => void) => ConnectionWork): RoutedConnection {
    const connection = new RoutedConnection(work, (released) => this.emit('release', released));
    if (this.#heard) {
      // A scope's connection is new to its users: nothing of another scope's use shows on it.
      this.emit('connection', connection);
      this.emit('acquire', connection);
    }
    return connection;
  }

  #called(method: 'query' | 'execute', sql: string | QueryOptions, values: unknown, done: unknown): Query {
    const told = typeof values === 'function' ? values : done;
    const given = typeof values === 'function' ? undefined : values;
    if (typeof told !== 'function') return this.#streamed(method, statementOf(method, sql, given));
    const query = new AnsweredQuery(typeof sql === 'string' ? sql : sql.sql);
    const bound = this.#host.bind(told as Done);
    this.statement(method, sql, given, (error, result, fields) => {
      bound(error, result, fields);
      query.emit('end');
    });
    return query.asQuery();
  }

  /** Without a callback: rows come as events, or as a stream. */
  #streamed(method: 'query' | 'execute', options: QueryOptions): Query {
    const host = this.#host;
    const frame = openFrame(host);
    const pool = host.poolOf(frame);
    const refusal = controlRefusal(options.sql);
    if (refusal !== undefined) throw refusal;
    const open = frame.transaction;
    if (open !== undefined) {
      const work = new ConnectionWork(open.connection, frame, pool, host, () => undefined);
      const connection = new RoutedConnection(() => work);
      const joined = connection[method](options);
      joined.once('end', () => connection.release());
      return joined;
    }
    const query = new StreamedQuery(options, {
      pool,
      frame,
      method,
      bind: (fn) => host.bind(fn),
      failed: (error) => host.failed(error),
    });
    const lent = { reclaim: () => query.fail(new ScopeClosedError('the scope of this statement is over')) };
    lend(frame.life, lent);
    query.once('end', () => frame.life.lent?.delete(lent));
    pool.acquire(remainingMs(frame, pool.limits.queueTimeoutMs)).then(
      (raw) => query.start(raw, (lost) => (lost ? raw.destroy() : pool.giveBack(raw))),
      (error: unknown) => {
        host.failed(error);
        query.fail(error);
      },
    );
    return query as unknown as Query;
  }
}

/** The routing pool, as a pool of the driver for those who use it as one. */
export function routingPool(template: Pool, host: PoolHost): Pool {
  return new RoutingPool(template, host) as unknown as Pool;
}
