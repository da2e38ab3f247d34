import { performance } from 'node:perf_hooks';
import { Waker } from './waker.ts';

/** The shortest and the longest time between two looks. Milliseconds. */
const LOOK_MS = { least: 5, most: 50 } as const;

/** Of the time, the looks take a quarter at the most. */
const REST_FACTOR = 3;

/** How long it is left alone after a look that failed: others see to a shard that does not answer. */
const FAILED_MS = 500;

/** A table that is to be told of news. */
export interface Watched {
  readonly table: string;
  /** The highest id that was read. */
  readonly readId: bigint;
  /** How many gaps it has, which a commit can fill without news. */
  readonly gaps: number;
  wake(): void;
  /** Is told that the table has no id as high as one that was read. */
  fallenBehind(): void;
}

/**
 * Looks for news in all of a shard's tables at once, and wakes those that have some: one short statement in place of a
 * read of each. Often while there is news, less and less often when there is none, at once when a writer of the same
 * process says so.
 */
export class OutboxWatch {
  readonly #newest: (tables: readonly string[]) => Promise<ReadonlyMap<string, bigint>>;
  readonly #waker = new Waker();
  #last: ReadonlyMap<string, bigint> = new Map();
  #poked = false;

  constructor(newest: (tables: readonly string[]) => Promise<ReadonlyMap<string, bigint>>) {
    this.#newest = newest;
  }

  /** Looks now: something was written. */
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

  /** Whether any table has news; undefined when the shard did not say. */
  async #look(watched: readonly Watched[]): Promise<boolean | undefined> {
    if (watched.length === 0) return false;
    const poked = this.#poked;
    this.#poked = false;
    // From before the look: what is read meanwhile is later than its answer.
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
