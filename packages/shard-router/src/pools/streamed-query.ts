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
  /** Makes a callback run in the context of whoever asked for the rows. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /** Is told of a failure, for the breaker of the shard. */
  failed(error: unknown): void;
  /** How it is sent; default `query`. */
  readonly method?: 'query' | 'execute' | undefined;
  /** The transaction that it is observed as a part of. */
  readonly around?: Pick<Observation<never>, 'within'> | undefined;
}

/**
 * A text statement without a callback, as the driver's `Query`: its rows come as events, or through {@link stream}. It
 * ends with the router's errors, and in time: the server may be silent no longer than a statement may take, whereas a
 * reader may take its time, and all is over at the scope's deadline.
 *
 * The driver's own, of which this is no subclass, is told nothing when its connection is lost.
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
  /** Whether its reader has gone: what is left is read for nobody, and must come in the time of one statement. */
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
   * @param done is told when it is over: whether the connection did not survive it, and what it failed with
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

  /** Whether somebody would be told of its failure. */
  get heard(): boolean {
    if (this.#abandoned) return false;
    return [this, ...this.#readers].some((each) => each.listenerCount('error') > 0);
  }

  /** Ends its readers with an error; the statement goes on, and what is left of its rows is read for nobody. */
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
      // As the driver's do; but a reader that is told of no error must not take the rows that it has for all.
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

  /** Has the connection read no more rows until {@link resume}. */
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
    // A reader that waits would hold the connection still for whoever has it next.
    if (this.#paused) this.#raw?.resume();
    if (error === undefined && this.#answered) this.#in.pool.onAnswer?.();
    this.#done?.(this.#destroyed || (error !== undefined && isConnectionSpent(error)), error);
    if (error !== undefined && !this.#abandoned) this.#tell(error);
    this.#emit('end');
  }
}

/** Takes an error that nobody else listens for: it ends no process. */
function unheard(): void {}

/** Ends a stream with an error, which a reader that comes later meets too. */
function failReader(rows: Readable, error: Error): void {
  if (rows.destroyed) return;
  if (rows.listenerCount('error') === 0) rows.on('error', unheard);
  rows.destroy(error);
}
