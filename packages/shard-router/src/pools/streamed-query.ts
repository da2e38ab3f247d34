import { EventEmitter } from 'node:events';
import { Readable, type ReadableOptions } from 'node:stream';
import type { PoolConnection, Query, QueryOptions } from 'mysql2';
import { type Frame, remainingMs } from '../context/scope.ts';
import { DeadlineExceededError } from '../errors.ts';
import { startStatement } from '../observe/observe-statement.ts';
import type { Observation } from '../observe/observer.ts';
import { commented } from '../observe/telemetry.ts';
import { isConnectionSpent } from './mysql-errors.ts';
import type { ShardPool } from './shard-pool.ts';

/** Where a streamed statement belongs. */
export interface StreamedIn {
  readonly pool: ShardPool;
  readonly frame: Frame;
  /** Makes a callback run in the async context of the caller that asked for the rows. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /** Called with a failure, for the breaker of the shard. */
  failed(error: unknown): void;
  /** How it is sent; default `query`. */
  readonly method?: 'query' | 'execute' | undefined;
  /** The transaction that it is observed as a part of. */
  readonly around?: Pick<Observation<never>, 'within'> | undefined;
}

/**
 * A statement without a callback, like the driver's `Query`: its rows come as events, or through {@link stream}. It ends with
 * the router's errors, and in time. The server may be silent no longer than a statement may take, but a reader may take its
 * time. At the scope's deadline everything ends.
 *
 * It is no subclass of the driver's `Query`, which is not told when its connection is lost.
 */
export class StreamedQuery extends EventEmitter {
  readonly #options: QueryOptions;
  readonly #in: StreamedIn;
  readonly #emit: (event: string, ...values: unknown[]) => void;
  readonly #tell: (error: unknown) => void;
  readonly #readers: Readable[] = [];
  #raw: PoolConnection | undefined;
  #done: ((lost: boolean, error: unknown) => void) | undefined;
  #observation: Observation<{ readonly error: unknown }> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How long the first answer may take, milliseconds. */
  #firstMs = Infinity;
  #heardAt = 0;
  #answered = false;
  #paused = false;
  #hasReader = false;
  /** Whether its reader is gone. The rest of the rows is read and dropped, and must come in the time of one statement. */
  #abandoned = false;
  #destroyed = false;
  #over = false;

  constructor(options: QueryOptions, streamedIn: StreamedIn) {
    super();
    this.#options = options;
    this.#in = streamedIn;
    this.#emit = streamedIn.bind((event: string, ...values: unknown[]) => {
      this.emit(event, ...values);
    });
    this.#tell = streamedIn.bind((error: unknown) => {
      for (const rows of this.#readers) failReader(rows, error as Error);
      if (this.listenerCount('error') > 0) this.emit('error', error);
    });
  }

  /**
   * Sends it.
   *
   * @param done called when it is over: with whether the connection was lost, and with the error if it failed
   */
  start(raw: PoolConnection, done: (lost: boolean, error: unknown) => void): void {
    if (this.#over) {
      done(false, undefined);
      return;
    }
    this.#done = done;
    if (this.#abandoned) {
      this.#end(undefined);
      return;
    }
    const { pool, frame, around, method } = this.#in;
    const { sql } = this.#options;
    let query: Query;
    try {
      this.#firstMs = remainingMs(frame, pool.limits.statementTimeoutMs);
      query =
        method === 'execute'
          ? raw.execute({ ...this.#options })
          : raw.query({ ...this.#options, sql: commented(pool, sql) });
    } catch (error) {
      process.nextTick(() => this.fail(error)); // When there are listeners.
      return;
    }
    this.#raw = raw;
    this.#observation = startStatement(pool, sql, around);
    raw.once('error', this.#lost);
    query.on('fields', (fields) => this.#hear('fields', fields));
    query.on('result', (row: unknown, index: unknown) => this.#hear('result', row, index));
    query.on('error', this.#lost);
    query.on('end', () => this.#end(undefined));
    this.#heardAt = performance.now();
    this.#watch();
  }

  /** Whether its rows wait for a reader, who may never come. */
  get hasReader(): boolean {
    return this.#hasReader || this.#paused;
  }

  /** Whether a listener would hear of its failure. */
  get heard(): boolean {
    if (this.#abandoned) return false;
    return [this, ...this.#readers].some((each) => each.listenerCount('error') > 0);
  }

  /** Ends its readers with an error. The statement goes on, and the rest of its rows is read and dropped. */
  leave(error: unknown): void {
    if (this.#over || this.#abandoned) return;
    this.#tell(error);
    this.#abandoned = true;
    this.resume();
  }

  /** Ends it with an error, such as that no connection was had for it. */
  fail(error: unknown): void {
    if (!this.#over) this.#end(error);
  }

  /** Its rows as a stream. One that is ended early lets the server finish. */
  stream(options: ReadableOptions = {}): Readable {
    this.#hasReader = true;
    const rows = new Readable({
      ...options,
      objectMode: true,
      emitClose: true,
      autoDestroy: true,
      read: () => this.resume(),
      destroy: (error, done) => {
        this.#abandoned = true;
        this.resume();
        done(error);
      },
    });
    rows.once('close', () => {
      // The driver's streams do so too. But a reader that hears no error must not take the rows that it has for all rows.
      if (!rows.readableEnded && !rows.listeners('error').includes(unheard)) rows.emit('end');
    });
    this.on('fields', (fields) => rows.emit('fields', fields));
    this.on('result', (row: unknown, index: unknown) => {
      if (rows.destroyed) return;
      if (!rows.push(row)) this.pause();
      rows.emit('result', row, index);
    });
    this.#readers.push(rows);
    this.on('end', () => {
      if (!rows.destroyed) rows.push(null);
    });
    return rows;
  }

  readonly #lost = (error: unknown): void => {
    if (this.#over) return;
    const translated = this.#in.pool.translate(error);
    this.#in.failed(translated);
    this.#end(translated);
  };

  #hear(event: string, ...values: unknown[]): void {
    if (this.#over) return;
    this.#answered = true;
    if (!this.#abandoned) this.#heardAt = performance.now();
    this.#emit(event, ...values);
  }

  /** Stops the connection from reading rows until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#raw?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#heardAt = performance.now();
    this.#raw?.resume();
  }

  /** Looks again when the time may be up. */
  #watch(): void {
    const { pool, frame } = this.#in;
    const now = performance.now();
    const silentSince = this.#paused ? now : this.#heardAt;
    const limitMs = this.#answered ? pool.limits.statementTimeoutMs : this.#firstMs;
    const at = Math.min(frame.deadline, silentSince + limitMs);
    if (at > now) {
      this.#timer = setTimeout(() => this.#watch(), Math.ceil(at - now));
      return;
    }
    if (this.#raw !== undefined) pool.abandon(this.#raw);
    this.#destroyed = true;
    const silent = !this.#answered || now >= this.#heardAt + limitMs;
    if (silent && !this.#paused && !this.#abandoned) {
      this.#lost(pool.late(limitMs));
    } else {
      this.#end(new DeadlineExceededError('the deadline of the scope has passed before all rows were read'));
    }
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#raw?.off('error', this.#lost);
    this.#observation?.end({ error });
    // Otherwise a paused reader would block the connection for its next user.
    if (this.#paused) this.#raw?.resume();
    if (error === undefined && this.#answered) this.#in.pool.onAnswer?.();
    this.#done?.(this.#destroyed || (error !== undefined && isConnectionSpent(error)), error);
    if (error !== undefined && !this.#abandoned) this.#tell(error);
    this.#emit('end');
  }
}

/** Handles an error that nobody else listens for, so that it does not end the process. */
function unheard(): void {}

/** Ends a stream with an error. A reader that comes later gets the error too. */
function failReader(rows: Readable, error: Error): void {
  if (rows.destroyed) return;
  if (rows.listenerCount('error') === 0) rows.on('error', unheard);
  rows.destroy(error);
}
