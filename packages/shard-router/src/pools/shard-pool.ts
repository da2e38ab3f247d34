import {
  createPool,
  type Pool,
  type PoolConnection,
  type QueryError,
  type QueryOptions,
  type SslOptions,
} from 'mysql2';
import { ShardAccessError, ShardUnavailableError } from '../errors.ts';
import { bindResource } from '../context/bind-resource.ts';
import type { Endpoint, Role } from '../topology/endpoint.ts';
import { observeAcquire } from '../observe/observe-pool.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented, type ObservedPool, SILENT, type Telemetry } from '../observe/telemetry.ts';
import { CredentialsCache, type CredentialsProvider } from './credentials.ts';
import { isConnectionSpent, translateError } from './mysql-errors.ts';
import { TimeLimits } from './time-limits.ts';

/** Limits of a pool of one endpoint. Times in milliseconds. */
export interface PoolLimits {
  /** Connections at the most. */
  readonly connections: number;
  /** Callers that may wait for a connection; more are refused at once. */
  readonly queue: number;
  readonly connectTimeoutMs: number;
  /** How long a caller may wait for a connection. */
  readonly queueTimeoutMs: number;
  /** How long one statement may take before its connection is given up. */
  readonly statementTimeoutMs: number;
}

/**
 * Whether sessions refuse every write outside a transaction that says READ WRITE. Those for merged writes refuse it too,
 * and take several statements in one text.
 */
export type SessionMode = 'read only' | 'read write' | 'merged';

/** How to get into the servers of a cluster, besides what their URLs say. */
export interface ServerAccess {
  /** TLS for every connection, with the options of Node's `tls`; none by default. */
  readonly tls?: SslOptions;
  /** Asked before connecting, instead of the URLs' passwords. */
  readonly credentials?: CredentialsProvider;
}

/** The driver's callback for a connection. */
type Connected = (error: NodeJS.ErrnoException | null, connection: PoolConnection) => void;

/** The driver's callback for a statement's answer. */
export type Done = (error: QueryError | null, result?: unknown, fields?: unknown) => void;

// Backslash escapes must be on: statements are escaped in the client on that ground.
const SQL_MODE =
  'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** A merged transaction does not make all of its units wait long for the lock of one. */
const MERGED_LOCK_WAIT_S = 1;

/** The connections to one endpoint of a shard. */
export class ShardPool implements ObservedPool {
  readonly shard: number;
  role: Role = 'writer';
  /** Is told of each statement that was answered, for the breaker of the shard. */
  onAnswer: (() => void) | undefined;
  readonly observer: Telemetry['observer'];
  readonly comment: Telemetry['comment'];
  readonly limits: PoolLimits;
  /** The driver's pool. Its connections are set up before they are handed out. */
  readonly driver: Pool;
  readonly #credentials: CredentialsCache | undefined;
  readonly #timeLimits = new TimeLimits();

  constructor(
    shard: number,
    endpoint: Endpoint,
    mode: SessionMode,
    limits: PoolLimits,
    { tls, credentials }: ServerAccess = {},
    { observer, comment }: Telemetry = SILENT,
  ) {
    this.shard = shard;
    this.observer = observer;
    this.comment = comment;
    this.limits = limits;
    this.driver = createPool({
      ...endpoint,
      ...(tls === undefined ? {} : { ssl: tls }),
      // Else the driver captures the stack of every call, which takes a sixth of the time of a statement.
      trace: false,
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      jsonStrings: true,
      // It would look through each text of many statements.
      namedPlaceholders: mode !== 'merged',
      multipleStatements: mode === 'merged',
      stringifyObjects: true,
      connectionLimit: limits.connections,
      queueLimit: limits.queue,
      connectTimeout: limits.connectTimeoutMs,
      enableKeepAlive: true,
    });
    this.#credentials =
      credentials === undefined
        ? undefined
        : new CredentialsCache(credentials, endpoint, shard, ({ user = endpoint.user, password }) => {
            // The driver copies this configuration for each new connection.
            const { config } = this.driver as unknown as { config: { connectionConfig: Partial<Endpoint> } };
            Object.assign(config.connectionConfig, { user, password });
          });
    // Sent before anything else on a new connection. Should it fail, the connection ends, and what follows fails.
    this.driver.on('connection', (connection) => {
      const setUp = (sql: string) =>
        connection.query(sql, (error) => {
          if (error !== null) connection.destroy();
        });
      // Whoever has a read-write session fences what it writes itself: no bucket is refused to it.
      const buckets = mode === 'read write' ? ', @ordershard_bucket = -1, @ordershard_key_bucket = -1' : '';
      const locks = mode === 'merged' ? `, innodb_lock_wait_timeout = ${MERGED_LOCK_WAIT_S}` : '';
      // Whatever the server's init_connect has made of it.
      setUp('SET NAMES utf8mb4 COLLATE utf8mb4_bin');
      setUp(`SET time_zone = '+00:00', sql_mode = '${SQL_MODE}'${buckets}${locks}`);
      const access = mode === 'read write' ? 'READ WRITE' : 'READ ONLY';
      setUp(`SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, ${access}`);
    });
  }

  /** Takes a connection out. Whoever has it gives it back with {@link giveBack}. */
  acquire(timeoutMs = this.limits.queueTimeoutMs): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      const acquired = observeAcquire(this);
      let timer: NodeJS.Timeout | undefined = setTimeout(() => {
        timer = undefined;
        const late = new ShardUnavailableError(this.shard, `no connection was free within ${timeoutMs} ms`);
        acquired?.(late);
        reject(late);
      }, timeoutMs);
      this.#connect((error, connection) => {
        if (timer === undefined) {
          if (error === null) connection.release();
          return;
        }
        clearTimeout(timer);
        const failure = error === null ? undefined : this.translate(error);
        acquired?.(failure);
        if (failure === undefined) resolve(connection);
        else reject(failure as Error);
      });
    });
  }

  /** Gives a connection back, or destroys it when what was done on it failed in a way that it may not have survived. */
  giveBack(connection: PoolConnection, error?: unknown): void {
    if (error !== undefined && isConnectionSpent(error)) {
      connection.destroy();
    } else {
      connection.release();
    }
  }

  /** Runs `fn` with a connection that is given back when it is done. */
  connected<T>(fn: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.connectedWithin(this.limits.queueTimeoutMs, fn);
  }

  /** {@link connected}, waiting no longer than some milliseconds for the connection. */
  async connectedWithin<T>(timeoutMs: number, fn: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.acquire(timeoutMs);
    let failure: unknown;
    try {
      return await fn(connection);
    } catch (error) {
      failure = error;
      throw this.translate(error);
    } finally {
      this.giveBack(connection, failure);
    }
  }

  /**
   * Sends one statement on any connection. One timer bounds the wait for a connection and for the answer; when it
   * strikes, the connection is given up, because the server may still be at the statement.
   */
  send(
    method: 'query' | 'execute',
    sql: string | QueryOptions,
    values: unknown,
    timeoutMs: number,
    done: Done,
  ): void {
    let connection: PoolConnection | undefined;
    let over = false;
    let tell: (error: unknown, result?: unknown, fields?: unknown) => void = done as typeof tell;
    const acquired = observeAcquire(this);
    const limit = this.#timeLimits.set(timeoutMs, () => {
      over = true;
      connection?.destroy();
      const what = connection === undefined ? 'no connection was free' : 'the statement was not answered';
      const late = new ShardUnavailableError(this.shard, `${what} within ${timeoutMs} ms`);
      acquired?.(late);
      tell(late);
    });
    const text = method === 'execute' || this.comment === undefined ? sql : this.#commented(sql);
    const connected: Connected = (failure, got) => {
      if (over) {
        if (failure === null) got.release();
        return;
      }
      if (failure !== null) {
        this.#timeLimits.lift(limit);
        const refused = this.translate(failure);
        acquired?.(refused);
        tell(refused);
        return;
      }
      connection = got;
      acquired?.(undefined);
      tell = observeStatement(this, typeof sql === 'string' ? sql : sql.sql, tell);
      const answered: Done = (error, result, fields) => {
        if (over) return;
        over = true;
        this.#timeLimits.lift(limit);
        if (error === null) {
          got.release();
          this.onAnswer?.();
          tell(null, result, fields);
        } else {
          this.giveBack(got, error);
          tell(this.translate(error));
        }
      };
      try {
        if (method === 'query') got.query(text as string, values as never, answered as never);
        else got.execute(sql as string, values as never, answered as never);
      } catch (error) {
        // A value that the driver refuses before it sends anything.
        answered(error as QueryError);
      }
    };
    // A connection may come in the context of whoever gave it back.
    this.#connect(this.observer === undefined ? connected : bindResource(connected));
  }

  /** The router's error for one of the driver's; anything else as it is. */
  translate(error: unknown): unknown {
    if (error instanceof Error && error.message === 'Queue limit reached.') {
      return new ShardUnavailableError(this.shard, 'too many callers wait for a connection', {
        cause: error,
      });
    }
    return translateError(error, this.shard);
  }

  #commented(sql: string | QueryOptions): string | QueryOptions {
    return typeof sql === 'string' ? commented(this, sql) : { ...sql, sql: commented(this, sql.sql) };
  }

  /** The driver's `getConnection`, with fresh credentials, and once more with newer ones when those are refused. */
  #connect(done: Connected, again = true): void {
    const credentials = this.#credentials;
    if (credentials === undefined) {
      this.driver.getConnection(done);
      return;
    }
    const connect = () =>
      this.driver.getConnection((error, connection) => {
        if (again && error !== null && this.translate(error) instanceof ShardAccessError) {
          credentials.invalidate();
          this.#connect(done, false);
        } else {
          done(error, connection);
        }
      });
    const fresh = credentials.refresh();
    if (fresh === undefined) connect();
    else fresh.then(connect, (error: NodeJS.ErrnoException) => process.nextTick(done, error));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.driver.end(() => resolve()));
  }
}
