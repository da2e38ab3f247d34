import type { Socket } from 'node:net';
import type { Pool, PoolConnection, QueryError, QueryOptions } from 'mysql2';
import { bindResource } from '../context/bind-resource.ts';
import {
  DeadlineExceededError,
  PoolExhaustedError,
  RouterClosedError,
  ShardAccessError,
  ShardUnavailableError,
} from '../errors.ts';
import { observeAcquire } from '../observe/observe-pool.ts';
import { observeStatement } from '../observe/observe-statement.ts';
import { commented, type ObservedPool, SILENT, type Telemetry } from '../observe/telemetry.ts';
import type { Endpoint, Role } from '../topology/endpoint.ts';
import { closeDriverPool } from './close-driver-pool.ts';
import { type Connected, Connector } from './connector.ts';
import { openDriverPool } from './driver-pool.ts';
import { giveBack } from './give-back.ts';
import { lateError } from './late.ts';
import { translateError } from './mysql-errors.ts';
import type { PoolLimits } from './pool-limits.ts';
import type { ServerAccess } from './server-access.ts';
import { isAsItCame } from './server-status.ts';
import type { SessionMode } from './session-set-up.ts';
import type { ServerKill } from './server-kill.ts';
import { type TimeLimit, TimeLimits } from './time-limits.ts';

/** The driver's callback for a statement's answer. */
export type Done = (error: QueryError | null, result?: unknown, fields?: unknown) => void;

/** A new connection that must be judged before a caller may have it. */
interface HeldBack {
  /** Called with the verdict: the refusal, or undefined. */
  tell: ((refusal: Error | undefined) => void) | undefined;
}

/** Called with a connection, or with the error, and with the time limit of the wait. */
type Taken = (error: unknown, connection: PoolConnection | undefined, limit: TimeLimit) => void;

/** The connections to one endpoint of a shard. */
export class ShardPool implements ObservedPool {
  readonly shard: number;
  role: Role = 'writer';
  /** Called for each statement that was answered, for the breaker of the shard. */
  onAnswer: (() => void) | undefined;
  /** Called for each failure that the endpoint has caused. */
  onUnavailable: (() => void) | undefined;
  /** Ends, on the server, the connections that are given up here. */
  serverKill: ServerKill | undefined;
  readonly observer: Telemetry['observer'];
  readonly comment: Telemetry['comment'];
  readonly limits: PoolLimits;
  /** The driver's pool. Its connections are set up before they are handed out. */
  readonly driver: Pool;
  readonly #connector: Connector;
  readonly #timeLimits = new TimeLimits();
  readonly #heldBack = new WeakMap<PoolConnection, HeldBack>();
  /** Whether the driver has put the latest request for a connection into its queue. */
  #enqueued = false;

  constructor(
    shard: number,
    endpoint: Endpoint,
    mode: SessionMode,
    limits: PoolLimits,
    access: ServerAccess = {},
    { observer, comment }: Telemetry = SILENT,
  ) {
    this.shard = shard;
    this.observer = observer;
    this.comment = comment;
    this.limits = limits;
    this.driver = openDriverPool(endpoint, mode, limits, access);
    this.driver.on('enqueue', () => (this.#enqueued = true));
    this.#connector = new Connector(
      this.driver,
      endpoint,
      shard,
      access,
      (error) => this.translate(error) instanceof ShardAccessError,
    );
  }

  /**
   * Takes a connection out. Its user gives it back with {@link giveBack}.
   *
   * @throws PoolExhaustedError, DeadlineExceededError when none was free in time
   * @throws ShardUnavailableError, ShardAccessError when one could not be opened
   */
  acquire(timeoutMs = this.limits.queueTimeoutMs): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      this.#take(timeoutMs, this.limits.queueTimeoutMs, (error, connection, limit) => {
        this.#timeLimits.lift(limit);
        if (connection === undefined) reject(error as Error);
        else resolve(connection);
      });
    });
  }

  /**
   * Withholds a new connection from the caller that waits for it, until the returned function is called. Call it with an
   * error when nobody may use the connection: the waiting caller gets that error. Otherwise the driver would send a waiting
   * statement right behind the judging one, before anybody has seen that one's answer.
   */
  holdBack(connection: PoolConnection): (refusal?: Error) => void {
    const held: HeldBack = { tell: undefined };
    this.#heldBack.set(connection, held);
    return (refusal) => {
      this.#heldBack.delete(connection);
      held.tell?.(refusal);
    };
  }

  /** Gives a connection back if it is as it came, and destroys it otherwise. */
  giveBack(connection: PoolConnection, failure?: unknown): void {
    giveBack(connection, failure);
  }

  /**
   * Gives up a connection whose statement is not answered in time: destroys it here, and ends it on the server. Otherwise the
   * server would go on with the statement, and keep what its transaction holds, until it tries to answer.
   */
  abandon(connection: PoolConnection): void {
    this.serverKill?.end(connection);
    connection.destroy();
    (connection as unknown as { readonly stream?: Socket }).stream?.destroy();
  }

  /** Runs the router's own statements with a connection that is given back when they are done. */
  async connected<T>(fn: (connection: PoolConnection) => Promise<T>): Promise<T> {
    try {
      return await this.connectedWithin(this.limits.queueTimeoutMs, fn);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /**
   * Runs `fn` with a connection, and gives the connection back when `fn` is done. It waits no longer than `timeoutMs` for the
   * connection. What `fn` throws is passed on unchanged: it need not come from the driver, nor from this shard.
   */
  async connectedWithin<T>(timeoutMs: number, fn: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.acquire(timeoutMs);
    let failure: unknown;
    try {
      return await fn(connection);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.giveBack(connection, failure);
    }
  }

  /**
   * Sends one statement on any connection. One time limit bounds the wait for a connection and for the answer. When it
   * passes, the connection is given up, because the server may still be running the statement.
   *
   * @param told whether the sender tells observers of the statement itself, and has put its comments there too
   */
  send(
    method: 'query' | 'execute',
    sql: string | QueryOptions,
    values: unknown,
    timeoutMs: number,
    done: Done,
    told = false,
  ): void {
    const text = told || method === 'execute' || this.comment === undefined ? sql : this.#commented(sql);
    const taken: Taken = (refused, connection, limit) => {
      if (connection === undefined) {
        this.#timeLimits.lift(limit);
        done(refused as QueryError);
        return;
      }
      let over = false;
      const tell = observeStatement<[result?: unknown, fields?: unknown]>(
        told ? undefined : this,
        typeof sql === 'string' ? sql : sql.sql,
        done as (error: unknown, result?: unknown, fields?: unknown) => void,
      );
      limit.expire = () => {
        over = true;
        this.abandon(connection);
        tell(this.late(timeoutMs));
      };
      const answered: Done = (error, result, fields) => {
        if (over) return;
        over = true;
        this.#timeLimits.lift(limit);
        if (error === null) {
          if (isAsItCame(connection)) connection.release();
          else connection.destroy();
          this.onAnswer?.();
          tell(null, result, fields);
        } else {
          this.giveBack(connection, error);
          tell(this.translate(error));
        }
      };
      try {
        if (method === 'query') connection.query(text as string, values as never, answered as never);
        else connection.execute(sql as string, values as never, answered as never);
      } catch (error) {
        // A value that the driver refuses before it sends anything.
        answered(error as QueryError);
      }
    };
    // A connection may come in the async context of the caller that gave it back.
    this.#take(
      timeoutMs,
      this.limits.statementTimeoutMs,
      this.observer === undefined ? taken : bindResource(taken),
    );
  }

  /** The error for a statement that was not answered in time. */
  late(timeoutMs: number): DeadlineExceededError | ShardUnavailableError {
    const late = lateError(this, timeoutMs);
    if (late instanceof ShardUnavailableError) this.onUnavailable?.();
    return late;
  }

  /** Returns the router's error for an error of the driver, and anything else unchanged. */
  translate(error: unknown): unknown {
    const translated = translateError(error, this.shard, this.role);
    if (translated !== error && translated instanceof ShardUnavailableError) this.onUnavailable?.();
    return translated;
  }

  /** Ends every connection. One in use may take up to `withinMs` for the statement that it is running. */
  close(withinMs = 0): Promise<void> {
    return closeDriverPool(this.driver, withinMs);
  }

  /**
   * Waits for a connection. A caller that waited too long gets an error, once; a connection that comes later is given back
   * here.
   *
   * @param limitMs the longest wait that the pool allows; a wait that may only be shorter is cut short by its caller's
   *   deadline
   */
  #take(timeoutMs: number, limitMs: number, taken: Taken): void {
    let over = false;
    let judged: PoolConnection | undefined;
    const acquired = observeAcquire(this);
    const limit = this.#timeLimits.set(timeoutMs, () => {
      over = true;
      if (judged !== undefined) this.abandon(judged);
      const late = this.#notTaken(timeoutMs, limitMs, queued);
      acquired?.(late);
      taken(late, undefined, limit);
    });
    const connected: Connected = (failure, connection) => {
      const held = this.#heldBack.get(connection);
      if (failure === null && held !== undefined) {
        judged = connection;
        held.tell = (refusal) => {
          judged = undefined;
          connected(refusal ?? null, connection);
        };
        return;
      }
      if (over) {
        if (failure === null) this.giveBack(connection);
        else this.translate(failure);
        return;
      }
      const refused = failure === null ? undefined : this.#refusal(failure);
      acquired?.(refused);
      if (refused === undefined) taken(undefined, connection, limit);
      else taken(refused, undefined, limit);
    };
    this.#enqueued = false;
    this.#connector.connect(connected);
    const queued = this.#enqueued;
  }

  /** Returns why no connection was had in time: all were in use, or a new one could not be opened. */
  #notTaken(timeoutMs: number, limitMs: number, queued: boolean): unknown {
    if (timeoutMs < limitMs)
      return new DeadlineExceededError(
        `the deadline passed before a connection to shard ${this.shard} was had`,
      );
    if (queued) return new PoolExhaustedError(this.shard, `no connection was free within ${timeoutMs} ms`);
    this.onUnavailable?.();
    return new ShardUnavailableError(this.shard, `no connection could be opened within ${timeoutMs} ms`, {
      role: this.role,
    });
  }

  #refusal(failure: Error): unknown {
    if (failure.message === 'Pool is closed.')
      return new RouterClosedError('the router was closed', { cause: failure });
    if (failure.message === 'Queue limit reached.')
      return new PoolExhaustedError(this.shard, 'too many callers wait for a connection', { cause: failure });
    return this.translate(failure);
  }

  #commented(sql: string | QueryOptions): string | QueryOptions {
    return typeof sql === 'string' ? commented(this, sql) : { ...sql, sql: commented(this, sql.sql) };
  }
}
