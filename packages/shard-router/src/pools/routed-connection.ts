import { EventEmitter } from 'node:events';
import type { ConnectionOptions, PoolConnection, Query, QueryOptions } from 'mysql2';
import { UnsupportedMethodError } from '../errors.ts';
import { AnsweredQuery } from './answered-query.ts';
import type { ConnectionWork } from './connection-work.ts';
import { RoutedPrepared, type PreparedDone } from './routed-prepared.ts';
import { RoutedPromiseConnection } from './routed-promise-connection.ts';
import type { Done } from './shard-pool.ts';
import { statementOf } from './statement-of.ts';
import { StreamedQuery } from './streamed-query.ts';
import { transactionControl, type TransactionControl } from './transaction-control.ts';
import { refuseMethods } from './unsupported.ts';

/** Fields of the driver's connection that its types do not show; some builders look at them before they use a connection. */
interface DriverInternals {
  readonly _fatalError: unknown;
  readonly _protocolError: unknown;
  readonly _closing: boolean | undefined;
  readonly stream: { readonly destroyed: boolean } | undefined;
}

type Ended = (error: Error | null) => void;

const BEGIN: TransactionControl = { do: 'begin', modes: { access: undefined } };
const COMMIT: TransactionControl = { do: 'commit' };
const ROLLBACK: TransactionControl = { do: 'rollback' };

/**
 * A connection of the driver's kind that belongs to one scope. It refuses work when the scope is over, and turns the
 * statements that begin and end a transaction into those of a fenced one. It inherits nothing of the driver: each of its
 * members is written out here, or refused by type. An inherited member would act on an object that is no connection.
 */
export class RoutedConnection extends EventEmitter {
  readonly work: ConnectionWork;
  #config: ConnectionOptions | undefined;
  /** What to remove from the driver's connection at the end. */
  readonly #forwarded: [event: string, listener: (...args: unknown[]) => void][] = [];

  /** @param released called when the connection is given back */
  constructor(
    work: (released: () => void) => ConnectionWork,
    released?: (connection: RoutedConnection) => void,
  ) {
    super();
    this.work = work(() => {
      for (const [event, listener] of this.#forwarded) this.work.raw.off(event, listener);
      released?.(this);
    });
    this.on('newListener', (event: string) => {
      if ((event !== 'error' && event !== 'end') || this.#forwarded.some(([name]) => name === event)) return;
      const forward = (...args: unknown[]) => {
        if (this.listenerCount(event) > 0) this.emit(event, ...args);
      };
      this.#forwarded.push([event, forward]);
      this.work.raw.on(event, forward);
    });
  }

  query(sql: string | QueryOptions, values?: unknown, done?: unknown): Query {
    return this.#statement('query', sql, values, done);
  }

  execute(sql: string | QueryOptions, values?: unknown, done?: unknown): Query {
    return this.#statement('execute', sql, values, done);
  }

  prepare(sql: string | QueryOptions, done?: PreparedDone): Query {
    const options = typeof sql === 'string' ? { sql } : { ...sql };
    const query = new AnsweredQuery(options.sql);
    const told: Done =
      done === undefined ? (error) => query.answered(error, undefined) : this.work.host.bind(done as Done);
    const refusal =
      transactionControl(options.sql) &&
      new UnsupportedMethodError('a statement that controls a transaction cannot be prepared');
    if (refusal !== undefined) process.nextTick(told, refusal);
    else {
      this.work.command(
        options.sql,
        (answered) => void this.work.raw.prepare(options as never, answered as never),
        (error) => {
          told(error, error === null ? new RoutedPrepared(options.sql, this) : undefined);
          query.emit('end');
        },
      );
    }
    return query.asQuery();
  }

  /** Closes a statement that was prepared here, if there is one. */
  unprepare(sql: string | QueryOptions): RoutedPrepared | undefined {
    const refusal = this.work.refusal();
    if (refusal !== undefined) throw refusal;
    const text = typeof sql === 'string' ? sql : sql.sql;
    const closed: unknown = this.work.raw.unprepare(sql as string);
    return closed === undefined ? undefined : new RoutedPrepared(text, this);
  }

  beginTransaction(done?: Ended): Query {
    return this.#control('START TRANSACTION', BEGIN, done);
  }

  commit(done?: Ended): Query {
    return this.#control('COMMIT', COMMIT, done);
  }

  rollback(done?: Ended): Query {
    return this.#control('ROLLBACK', ROLLBACK, done);
  }

  ping(done?: Ended): Query {
    const query = new AnsweredQuery('ping');
    const told = done === undefined ? undefined : this.work.host.bind(done);
    this.work.command(
      'ping',
      (answered) => this.work.raw.ping((error) => answered(error)),
      (error) => {
        if (told === undefined) query.answered(error, undefined);
        else told(error);
      },
    );
    return query.asQuery();
  }

  /** It is connected: a connection is handed out when it is. */
  connect(done?: Ended): void {
    if (done === undefined) return;
    process.nextTick(this.work.host.bind(done), this.work.refusal() ?? null);
  }

  /** Stops the streams of this connection from reading rows until {@link resume}. */
  pause(): void {
    let any = false;
    for (const stream of this.work.streams) {
      any = true;
      stream.pause();
    }
    if (!any)
      throw new UnsupportedMethodError('pause() stops a statement without a callback: none is under way');
  }

  resume(): void {
    for (const stream of this.work.streams) stream.resume();
  }

  release(): void {
    this.work.release();
  }

  /** Gives it back: a connection of the pool is ended by the pool. */
  end(options?: unknown, done?: unknown): void {
    this.release();
    const told = typeof options === 'function' ? options : done;
    if (typeof told === 'function') process.nextTick(this.work.host.bind(told as Ended), null);
  }

  destroy(): void {
    this.work.destroy();
  }

  close(): void {
    this.work.destroy();
  }

  [Symbol.dispose](): void {
    this.work.release();
  }

  promise(promiseImpl?: PromiseConstructor): RoutedPromiseConnection {
    return new RoutedPromiseConnection(this, promiseImpl);
  }

  escape(value: unknown): string {
    return this.work.raw.escape(value);
  }

  escapeId(value: string | string[]): string {
    return this.work.raw.escapeId(value as string);
  }

  format(sql: string, values?: unknown): string {
    return this.work.raw.format(sql, values ?? []);
  }

  /** Text that {@link format} puts in as it is. */
  raw(sql: string): unknown {
    return (this.work.raw as unknown as { raw(text: string): unknown }).raw(sql);
  }

  /** A copy: what is written there changes nothing. */
  get config(): ConnectionOptions {
    this.#config ??= { ...this.work.raw.config };
    return this.#config;
  }

  get threadId(): number {
    return this.work.raw.threadId;
  }

  get authorized(): boolean {
    return this.work.raw.authorized;
  }

  get state(): PoolConnection['state'] {
    return this.work.over ? 'disconnected' : this.work.raw.state;
  }

  get fatalError(): unknown {
    return this.#internals._fatalError;
  }

  get sequenceId(): number {
    return this.work.raw.sequenceId;
  }

  get connection(): this {
    return this;
  }

  /** For a look at whether it is destroyed, and nothing else. */
  get stream(): { readonly destroyed: boolean } {
    return { destroyed: this.#internals.stream?.destroyed ?? false };
  }

  get _fatalError(): unknown {
    return this.#internals._fatalError;
  }

  get _protocolError(): unknown {
    return this.#internals._protocolError;
  }

  get _closing(): boolean | undefined {
    return this.#internals._closing;
  }

  /** As a connection of the driver, for those who use it as one. */
  asConnection(): PoolConnection {
    return this as unknown as PoolConnection;
  }

  get #internals(): DriverInternals {
    return this.work.raw as unknown as DriverInternals;
  }

  #statement(method: 'query' | 'execute', sql: string | QueryOptions, values: unknown, done: unknown): Query {
    const told = typeof values === 'function' ? values : done;
    const options = statementOf(method, sql, typeof values === 'function' ? undefined : values);
    if (typeof told === 'function') {
      const query = new AnsweredQuery(options.sql);
      const bound = this.work.host.bind(told as Done);
      this.work.statement(method, options, (error, result, fields) => {
        bound(error, result, fields);
        query.emit('end');
      });
      return query.asQuery();
    }
    const control = transactionControl(options.sql);
    if (control !== undefined) return this.#control(options.sql, control);
    const { pool, frame, host, observed } = this.work;
    const query = new StreamedQuery(options, {
      pool,
      frame,
      method,
      around: observed,
      bind: (fn) => host.bind(fn),
      failed: (error) => host.failed(error),
    });
    this.work.stream(query);
    return query as unknown as Query;
  }

  #control(sql: string, control: TransactionControl, done?: Ended): Query {
    const query = new AnsweredQuery(sql);
    const bound: Done | undefined = done === undefined ? undefined : this.work.host.bind(done as Done);
    this.work.control(control, (error, result) => {
      if (bound === undefined) query.answered(error, result);
      else {
        bound(error, result);
        query.emit('end');
      }
    });
    return query.asQuery();
  }
}
refuseMethods(RoutedConnection.prototype);
