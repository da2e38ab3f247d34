import { performance } from 'node:perf_hooks';
import { Waker } from './waker.ts';

/** The shortest and the longest time between two looks. Milliseconds. */
const LOOK_MS = { least: 5, most: 50 } as const;

/** Rest after a look, in multiples of its duration: looks take at most a quarter of the time. */
const REST_FACTOR = 3;

/** How long the watch rests after a failed look. Other parts deal with a shard that does not answer. */
const FAILED_MS = 500;

/** A table that wants to hear of new rows. */
export interface Watched {
  readonly table: string;
  /** The highest id that was read. */
  readonly readId: bigint;
  /** How many gaps it has. A commit can fill a gap without a new highest id. */
  readonly gaps: number;
  wake(): void;
  /** Called when the table has no id as high as one that was read. */
  fallenBehind(): void;
}

/**
 * Looks for new rows in all tables of a shard at once, and wakes the tables that have some: one short statement instead of a
 * read of each table. It looks often while rows come, less and less often while none do, and at once when a writer of the
 * same process reports a write.
 */
export class OutboxWatch {
  readonly #newest: (tables: readonly string[]) => Promise<ReadonlyMap<string, bigint>>;
  readonly #waker = new Waker();
  #last: ReadonlyMap<string, bigint> = new Map();
  #poked = false;

  constructor(newest: (tables: readonly string[]) => Promise<ReadonlyMap<string, bigint>>) {
    this.#newest = newest;
  }

  /** Looks now, because something was written. */
  poke(): void {
    this.#poked = true;
    this.#waker.wake();
  }

  /** Looks until `signal` aborts. Never throws. */
  async run(watched: () => readonly Watched[], signal: AbortSignal): Promise<void> {
    let pauseMs: number = LOOK_MS.most;
    while (!signal.aborted) {
      const begun = performance.now();
      const news = await this.#look(watched());
      const tookMs = performance.now() - begun;
      if (news === undefined) pauseMs = FAILED_MS;
      else pauseMs = news ? LOOK_MS.least : Math.min(LOOK_MS.most, pauseMs * 1.2);
      await this.#waker.wait(Math.max(pauseMs, Math.min(LOOK_MS.most, REST_FACTOR * tookMs)), 0, signal);
    }
  }

  /** Returns whether any table has new rows; undefined when the shard did not answer. */
  async #look(watched: readonly Watched[]): Promise<boolean | undefined> {
    if (watched.length === 0) return false;
    const poked = this.#poked;
    this.#poked = false;
    // Taken before the look: rows read during the look may be newer than its answer.
    const readIds = watched.map(({ readId }) => readId);
    let newest: ReadonlyMap<string, bigint>;
    try {
      newest = await this.#newest(watched.map(({ table }) => table));
    } catch {
      return undefined;
    }
    for (const one of watched)
      if ((newest.get(one.table) ?? 0n) > one.readId || (poked && one.gaps > 0)) one.wake();
    for (const [at, one] of watched.entries())
      if ((newest.get(one.table) ?? 0n) < readIds[at]!) one.fallenBehind();
    const last = this.#last;
    this.#last = newest;
    return [...newest].some(([table, id]) => id !== last.get(table));
  }
}
