import { EventEmitter } from 'node:events';
import type { PoolOptions, QueryOptions } from 'mysql2';
import { type Answer, refuseCallback, type RoutedPromiseConnection } from './routed-promise-connection.ts';
import type { RoutingPool } from './routing-pool.ts';

const FORWARDED = new Set(['acquire', 'connection', 'enqueue', 'release']);

/** The promise form of the routing pool. */
export class RoutingPromisePool extends EventEmitter {
  readonly pool: RoutingPool;
  readonly Promise: PromiseConstructor;

  constructor(pool: RoutingPool, promiseImpl: PromiseConstructor) {
    super();
    this.pool = pool;
    this.Promise = promiseImpl;
    const forwarded = new Set<string>();
    this.on('newListener', (event: string) => {
      if (!FORWARDED.has(event) || forwarded.has(event)) return;
      pool.on(event, (...args: unknown[]) => this.emit(event, ...args));
      forwarded.add(event);
    });
  }

  async getConnection(): Promise<RoutedPromiseConnection> {
    const connection = await this.pool.connection();
    return connection.promise(this.Promise);
  }

  releaseConnection(connection: { release(): void }): void {
    connection.release();
  }

  query(sql: string | QueryOptions, values?: unknown): Promise<Answer> {
    refuseCallback(values);
    return this.#statement('query', sql, values);
  }

  execute(sql: string | QueryOptions, values?: unknown): Promise<Answer> {
    refuseCallback(values);
    return this.#statement('execute', sql, values);
  }

  /** Closes the router. */
  end(): Promise<void> {
    return new this.Promise((resolve, reject) => {
      this.pool.end((error) => (error === null ? resolve() : reject(error)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  escape(value: unknown): string {
    return this.pool.escape(value);
  }

  escapeId(value: string | string[]): string {
    return this.pool.escapeId(value);
  }

  format(sql: string, values?: unknown): string {
    return this.pool.format(sql, values);
  }

  get config(): PoolOptions {
    return this.pool.config;
  }

  #statement(method: 'query' | 'execute', sql: string | QueryOptions, values: unknown): Promise<Answer> {
    return new this.Promise((resolve, reject) => {
      this.pool.statement(method, sql, values, (error, result, fields) => {
        if (error === null) resolve([result, fields]);
        else reject(error);
      });
    });
  }
}
