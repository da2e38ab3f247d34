import type { OutboxRow } from '../sql/outbox-row.ts';
import { type IdRange, withIds } from './progress/id-range.ts';

/** With this many rows set aside, nothing more is read until some can be sent: their ids are kept in memory. */
const MAX_ROWS = 100_000;

/**
 * How long to wait before partitions that did not answer are retried; the wait doubles from `first` up to `last`.
 * Milliseconds.
 */
const RETRY_MS = { first: 1_000, last: 10_000 } as const;

/**
 * The rows of a table that wait for partitions which do not answer, while the other partitions go on. Once a row of a
 * partition is set aside, all later rows of that partition are set aside too, until it is resumed. Then they are read again,
 * in the order of ids together with all other rows. Times are in milliseconds of a monotonic clock.
 */
export class AsideRows {
  readonly #waiting = new Map<number, bigint[]>();
  /** Rows that were set aside and are to be read again. */
  readonly #resumed = new Set<bigint>();
  /** Resumed rows that were read again, and are neither published nor set aside again yet. */
  readonly #read = new Set<bigint>();
  readonly #limits: { readonly first: number; readonly last: number };
  #retryMs: number;
  #retryAt = Infinity;
  #version = 0;

  /** @param retryMs when partitions that did not answer are tried again, at first and in the end */
  constructor(retryMs: { readonly first: number; readonly last: number } = RETRY_MS) {
    this.#limits = retryMs;
    this.#retryMs = retryMs.first;
  }

  /** Whether any row is set aside, or was set aside earlier and is not published yet. */
  get pending(): boolean {
    return this.#read.size + this.#resumed.size + this.#waiting.size > 0;
  }

  /** Partitions that do not answer. */
  get partitions(): readonly number[] {
    return [...this.#waiting.keys()];
  }

  /** A number that changes whenever the set of unpublished rows here changes. */
  get version(): number {
    return this.#version;
  }

  get full(): boolean {
    let rows = 0;
    for (const ids of this.#waiting.values()) rows += ids.length;
    return rows >= MAX_ROWS;
  }

  holds(partition: number): boolean {
    return this.#waiting.has(partition);
  }

  /** Sets rows of a partition aside. */
  add(partition: number, rows: readonly OutboxRow[], now: number): void {
    const ids = this.#waiting.get(partition) ?? [];
    if (ids.length === 0) this.#retryAt = Math.min(this.#retryAt, now + this.#retryMs);
    for (const { id } of rows) {
      this.#read.delete(id);
      ids.push(id);
    }
    this.#waiting.set(partition, ids);
    this.#version += 1;
  }

  /** Whether it is time to try the partitions again. */
  isDue(now: number): boolean {
    return now >= this.#retryAt;
  }

  /**
   * Lets all rows that are set aside be read again. A batch that was read before this call must not be published after it.
   */
  resume(): void {
    for (const ids of this.#waiting.values()) for (const id of ids) this.#resumed.add(id);
    this.#waiting.clear();
    this.#retryMs = Math.min(this.#limits.last, 2 * this.#retryMs);
    this.#retryAt = Infinity;
  }

  /** Notes that rows were read. */
  read(rows: readonly OutboxRow[]): void {
    if (this.#resumed.size === 0) return;
    for (const { id } of rows) if (this.#resumed.delete(id)) this.#read.add(id);
  }

  /** Notes that rows were published or parked. */
  settled(rows: readonly OutboxRow[]): void {
    if (this.#read.size === 0) return;
    for (const { id } of rows) if (this.#read.delete(id)) this.#version += 1;
    if (!this.pending) this.#retryMs = this.#limits.first;
  }

  /** Returns the ranges, extended by the rows that must be read again. */
  withResumed(ranges: readonly IdRange[]): readonly IdRange[] {
    return this.#resumed.size === 0 ? ranges : withIds(ranges, sorted(this.#resumed));
  }

  /** Returns the ranges, extended by all rows up to an id that are not published. */
  withUnpublished(ranges: readonly IdRange[], upTo: bigint): readonly IdRange[] {
    if (!this.pending) return ranges;
    const ids = [...this.#read, ...this.#resumed, ...[...this.#waiting.values()].flat()].filter(
      (id) => id <= upTo,
    );
    return withIds(ranges, sorted(ids));
  }
}

function sorted(ids: Iterable<bigint>): bigint[] {
  return [...ids].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
