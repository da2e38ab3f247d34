import { DeadlineExceededError } from '../errors.ts';
import { readScatterPage, type RunQuery } from '../sql/scatter-page.ts';
import type { Position } from './columns.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type MissingShard, ScatterQueryError } from './errors.ts';
import { Gate } from './gate.ts';
import { mergeShards } from './merge.ts';
import type { PlacedRow, ReadPage } from './page.ts';
import { type CheckedQuery, checkQuery, type ScatterQuery } from './query.ts';
import { within } from './within.ts';

/** What a fan-out read needs of a cluster. */
export interface ScatterPort {
  /** Every shard: rows may lie on any of them. */
  shards(): readonly number[];
  /** Runs one query on a shard and returns its rows, as ShardSession does. Gives up after `timeoutMs`. */
  readonly query: RunQuery;
}

export interface ScatterOptions extends ScatterQuery {
  /** The most rows to return, 1 to 100,000. */
  readonly limit: number;
  /** A cursor of the same query: goes on after the row that it names. */
  readonly cursor?: string;
  /** Rows that one page of a shard has, 1 to 10,000; at most two pages per shard are held. Default 500. */
  readonly pageSize?: number;
  /** The most shards that are asked at once. Default 8. */
  readonly concurrency?: number;
  /** How long a shard may take for one page, in milliseconds. Default 5,000. */
  readonly shardTimeoutMs?: number;
  /**
   * What to do when a shard cannot be read: `fail` throws ScatterIncompleteError, which names the shard; `partial` goes on
   * without it and names it in `missing`. Default `fail`.
   */
  readonly onMissingShard?: 'fail' | 'partial';
  /** Stops reading; the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One row: the columns that were selected. */
export type ScatterRow = Readonly<Record<string, unknown>>;

const LIMITS = { limit: 100_000, pageSize: 10_000, concurrency: 1_024, shardTimeoutMs: 3_600_000 } as const;

/**
 * Reads a table over all shards in one order, as an async iterator. It reads each shard in pages by keyset, owned buckets
 * only, and no faster than the caller takes rows. `return()` (which leaving a `for await` calls) stops reading.
 *
 * The rows are consistent over buckets, not over time: each bucket is read once, wherever it moves, but pages of different
 * shards are read one after the other.
 *
 * @throws ScatterQueryError, ScatterCursorError at once, when the query cannot be read as asked
 * @throws ScatterIncompleteError, ScatterCoverError, ScatterOrderError from `next()`
 */
export function scatter<Row extends ScatterRow = ScatterRow>(
  port: ScatterPort,
  options: ScatterOptions,
): Scatter<Row> {
  return new Scatter<Row>(port, options);
}

/** A page of a fan-out read. */
export interface ScatterPage<Row extends ScatterRow = ScatterRow> {
  readonly rows: readonly Row[];
  /** Set when there are more rows. */
  readonly nextCursor?: string;
  readonly missing: readonly MissingShard[];
}

/** Reads up to `limit` rows at once, for an answer with a cursor in it. */
export async function scatterPage<Row extends ScatterRow = ScatterRow>(
  port: ScatterPort,
  options: ScatterOptions,
): Promise<ScatterPage<Row>> {
  const reading = scatter<Row>(port, options);
  const rows: Row[] = [];
  for await (const row of reading) rows.push(row);
  const { missing, more, cursor } = reading;
  return { rows, missing, ...(more && cursor !== undefined ? { nextCursor: cursor } : {}) };
}

/** A fan-out read under way. */
export class Scatter<Row extends ScatterRow = ScatterRow> implements AsyncIterableIterator<Row, undefined> {
  readonly #query: CheckedQuery;
  readonly #rows: AsyncGenerator<PlacedRow, void, undefined>;
  readonly #closing = new AbortController();
  readonly #missing = new Map<number, MissingShard>();
  readonly #limit: number;
  #position: Position | undefined;
  #given = 0;
  #more = false;

  /** Use {@link scatter}. */
  constructor(port: ScatterPort, options: ScatterOptions) {
    const { cursor, onMissingShard = 'fail', signal } = options;
    const shards = [...port.shards()];
    if (shards.length === 0) throw new ScatterQueryError('there is no shard to read');
    if (onMissingShard !== 'fail' && onMissingShard !== 'partial') {
      throw new ScatterQueryError('what comes of a missing shard is fail or partial');
    }
    this.#limit = count(options, 'limit');
    this.#query = checkQuery(options);
    if (cursor !== undefined) {
      const { position, missed } = decodeCursor(this.#query, cursor);
      this.#position = position;
      for (const shard of missed) this.#missing.set(shard, { shard, error: undefined });
    }
    const stop = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    const shardTimeoutMs = count(options, 'shardTimeoutMs', 5_000);
    this.#rows = mergeShards({
      shards,
      order: this.#query.order,
      read: boundedRead(port, this.#query, count(options, 'concurrency', 8), shardTimeoutMs, stop),
      pageSize: count(options, 'pageSize', 500),
      // One more than is handed out, to know whether there are more.
      wanted: () => this.#limit + 1 - this.#given,
      after: this.#position,
      coverTimeoutMs: shardTimeoutMs,
      failed: (missing) => {
        this.#missing.set(missing.shard, missing);
        return onMissingShard === 'partial' ? 'go on' : 'fail';
      },
      signal: stop,
    });
  }

  /** The shards whose rows are missing so far, here or in an earlier page of the cursor. Empty unless `partial`. */
  get missing(): readonly MissingShard[] {
    return [...this.#missing.values()];
  }

  /** A cursor that goes on after the last row that was handed out; undefined before the first. */
  get cursor(): string | undefined {
    if (this.#position === undefined) return undefined;
    return encodeCursor(this.#query, { position: this.#position, missed: [...this.#missing.keys()] });
  }

  /** Whether the limit ended the iteration; known once the iteration has ended. */
  get more(): boolean {
    return this.#more;
  }

  async next(): Promise<IteratorResult<Row, undefined>> {
    const end = { done: true, value: undefined } as const;
    try {
      const result = await this.#rows.next();
      if (result.done === true) return end;
      if (this.#given >= this.#limit) {
        this.#more = true;
        return await this.return();
      }
      this.#given += 1;
      this.#position = result.value.position;
      return { done: false, value: result.value.row as Row };
    } catch (error) {
      if (this.#closing.signal.aborted) return end;
      this.#closing.abort();
      throw error;
    }
  }

  /** Stops reading. It does not wait for queries that are under way on the shards. */
  async return(): Promise<IteratorResult<Row, undefined>> {
    this.#closing.abort();
    await this.#rows.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

function count(options: ScatterOptions, name: keyof typeof LIMITS, otherwise?: number): number {
  const value = options[name] ?? otherwise;
  if (value === undefined || !Number.isInteger(value) || value < 1 || value > LIMITS[name]) {
    throw new ScatterQueryError(`${name} is an integer from 1 to ${LIMITS[name]}, not ${value}`);
  }
  return value;
}

/** Reads pages of shards, a few at once, each within the time that a shard has. */
function boundedRead(
  { query: runQuery }: ScatterPort,
  query: CheckedQuery,
  concurrency: number,
  timeoutMs: number,
  signal: AbortSignal,
): ReadPage {
  const gate = new Gate(concurrency);
  return (shard, after, limit) =>
    gate.run(async () => {
      signal.throwIfAborted();
      const page = readScatterPage(runQuery, query, shard, after, limit, timeoutMs);
      const late = () =>
        new DeadlineExceededError(`shard ${shard} gave no page within ${timeoutMs} ms`, { sent: true });
      return within(page, timeoutMs, signal, late);
    });
}
