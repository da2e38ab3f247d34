import { comparePositions, type OrderColumn, type Position } from './columns.ts';
import { ScatterOrderError } from './errors.ts';
import type { Cover, Page, PlacedRow, ReadPage } from './page.ts';

export interface FeedOptions {
  readonly order: readonly OrderColumn[];
  readonly read: ReadPage;
  readonly pageSize: number;
  /** How many rows the merge still wants. */
  readonly wanted: () => number;
}

/** A page that was asked for, and the number of rows that was asked for. */
interface Reading {
  readonly limit: number;
  readonly page: Promise<Page>;
}

/**
 * The rows of one shard, page by page. It holds at most two pages: it asks for the next one once half of the present one is
 * used, and only if the merge may want it.
 */
export class ShardFeed {
  readonly shard: number;
  readonly #options: FeedOptions;
  #rows: readonly PlacedRow[] = [];
  #at = 0;
  #more = true;
  /** The last row of the present page. */
  #last: Position | undefined;
  #cover: Cover | undefined;
  #ahead: Reading | undefined;

  constructor(shard: number, after: Position | undefined, options: FeedOptions) {
    this.shard = shard;
    this.#last = after;
    this.#options = options;
  }

  /** The next row; undefined when there is none, or when it is {@link dry}. */
  get head(): PlacedRow | undefined {
    return this.#rows[this.#at];
  }

  /** Whether the next page has to be loaded to know the next row. */
  get dry(): boolean {
    return this.#more && this.#at >= this.#rows.length;
  }

  /** The fences that the present page was read under. */
  get cover(): Cover | undefined {
    return this.#cover;
  }

  /** Passes the head. */
  advance(): void {
    this.#at += 1;
    const left = this.#rows.length - this.#at;
    if (!this.#more || this.#ahead !== undefined) return;
    if (left > this.#rows.length / 2 || left >= this.#options.wanted()) return;
    this.#ahead = this.#read();
    // `load` throws the failure, if the page is ever loaded.
    this.#ahead.page.catch(() => undefined);
  }

  /** Makes the next page the present one. Throws what reading it threw. */
  async load(): Promise<void> {
    const { limit, page } = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    const { rows, cover } = await page;
    this.#checkOrder(rows);
    this.#rows = rows;
    this.#at = 0;
    this.#more = rows.length >= limit;
    this.#cover = cover;
    this.#last = rows.at(-1)?.position ?? this.#last;
  }

  #read(): Reading {
    const { read, pageSize, wanted } = this.#options;
    const limit = Math.max(1, Math.min(pageSize, wanted()));
    return { limit, page: read(this.shard, this.#last, limit) };
  }

  #checkOrder(rows: readonly PlacedRow[]): void {
    let before = this.#last;
    for (const { position } of rows) {
      if (before !== undefined && comparePositions(this.#options.order, before, position) >= 0) {
        throw new ScatterOrderError(
          `shard ${this.shard}: (${position.join(', ')}) comes after (${before.join(', ')}), which is no rising order of what the columns are said to be`,
        );
      }
      before = position;
    }
  }
}
