import { EventEmitter } from 'node:events';
import type { QueryOptions } from 'mysql2';
import { UnsupportedMethodError } from '../errors.ts';
import type { RoutedConnection } from './routed-connection.ts';
import type { RoutedPrepared } from './routed-prepared.ts';
import type { Done } from './shard-pool.ts';
import { statementOf } from './statement-of.ts';
import type { TransactionControl } from './transaction-control.ts';
import { REFUSED_METHODS, unsupported } from './unsupported.ts';

/** The answer to a statement: rows or a header, and fields. */
export type Answer = [result: unknown, fields: unknown];

const FORWARDED = new Set(['error', 'drain', 'connect', 'end', 'enqueue']);

/** Throws for a callback where a promise is given, as the driver does. */
export function refuseCallback(values: unknown): void {
  if (typeof values === 'function')
    throw new UnsupportedMethodError('a method that returns a promise takes no callback');
}

/** The promise form of a {@link RoutedConnection}, with every member of the driver's written out or refused. */
export class RoutedPromiseConnection extends EventEmitter {
  readonly connection: RoutedConnection;
  readonly Promise: PromiseConstructor;

  constructor(connection: RoutedConnection, promiseImpl: PromiseConstructor = Promise) {
    super();
    this.connection = connection;
    this.Promise = promiseImpl;
    const forwarded = new Set<string>();
    this.on('newListener', (event: string) => {
      if (!FORWARDED.has(event) || forwarded.has(event)) return;
      forwarded.add(event);
      connection.on(event, (...args: unknown[]) => {
        if (this.listenerCount(event) > 0) this.emit(event, ...args);
      });
    });
  }

  query(sql: string | QueryOptions, values?: unknown): Promise<Answer> {
    return this.#statement('query', sql, values);
  }

  execute(sql: string | QueryOptions, values?: unknown): Promise<Answer> {
    return this.#statement('execute', sql, values);
  }

  async prepare(sql: string | QueryOptions): Promise<RoutedPromisePrepared> {
    const statement = await this.#answered<RoutedPrepared>((done) => void this.connection.prepare(sql, done));
    return new RoutedPromisePrepared(statement, this);
  }

  unprepare(sql: string | QueryOptions): RoutedPrepared | undefined {
    return this.connection.unprepare(sql);
  }

  beginTransaction(): Promise<Answer> {
    return this.#control({ do: 'begin', modes: { access: undefined } });
  }

  commit(): Promise<Answer> {
    return this.#control({ do: 'commit' });
  }

  rollback(): Promise<Answer> {
    return this.#control({ do: 'rollback' });
  }

  async ping(): Promise<boolean> {
    await this.#answered((done) => void this.connection.ping(done));
    return true;
  }

  async connect(): Promise<void> {
    await this.#answered((done) => this.connection.connect(done));
  }

  reset(): Promise<never> {
    return refused('reset');
  }

  changeUser(): Promise<never> {
    return refused('changeUser');
  }

  createBinlogStream(): never {
    unsupported('createBinlogStream');
  }

  pipe(): never {
    unsupported('pipe');
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  release(): void {
    this.connection.release();
  }

  end(): Promise<void> {
    this.connection.release();
    return this.Promise.resolve();
  }

  destroy(): void {
    this.connection.destroy();
  }

  close(): void {
    this.connection.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.release();
  }

  escape(value: unknown): string {
    return this.connection.escape(value);
  }

  escapeId(value: string | string[]): string {
    return this.connection.escapeId(value);
  }

  format(sql: string, values?: unknown): string {
    return this.connection.format(sql, values);
  }

  get config(): RoutedConnection['config'] {
    return this.connection.config;
  }

  get threadId(): number {
    return this.connection.threadId;
  }

  get state(): RoutedConnection['state'] {
    return this.connection.state;
  }

  #statement(method: 'query' | 'execute', sql: string | QueryOptions, values: unknown): Promise<Answer> {
    refuseCallback(values);
    return this.#pair((done) =>
      this.connection.work.statement(method, statementOf(method, sql, values), done),
    );
  }

  #control(control: TransactionControl): Promise<Answer> {
    return this.#pair((done) => this.connection.work.control(control, done));
  }

  #pair(start: (done: Done) => void): Promise<Answer> {
    return new this.Promise((resolve, reject) => {
      start((error, result, fields) => {
        if (error === null) resolve([result, fields]);
        else reject(error);
      });
    });
  }

  #answered<T>(start: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
    return new this.Promise((resolve, reject) => {
      start((error, result) => {
        if (error === null) resolve(result as T);
        else reject(error);
      });
    });
  }
}

/** A statement that was prepared through the promise form. */
class RoutedPromisePrepared {
  readonly statement: RoutedPrepared;
  readonly #on: RoutedPromiseConnection;

  constructor(statement: RoutedPrepared, on: RoutedPromiseConnection) {
    this.statement = statement;
    this.#on = on;
  }

  execute(values?: unknown): Promise<Answer> {
    return this.#on.execute(this.statement.query, values ?? []);
  }

  async close(): Promise<void> {
    this.statement.close();
  }
}

function refused(method: keyof typeof REFUSED_METHODS): Promise<never> {
  return Promise.reject(new UnsupportedMethodError(`${method}() ${REFUSED_METHODS[method]}`));
}
