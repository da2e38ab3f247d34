/** How long rows are allowed to gather before they are read, at least and at most. Milliseconds. */
const GATHER_MS = { least: 4, most: 30 } as const;

/**
 * Rest after a cycle, in multiples of its duration: reading and publishing a table whose rows trickle in take at most a fifth
 * of the time.
 */
const REST_FACTOR = 4;

/** How long a table rests when no new rows are announced. */
const IDLE_MS = 1_000;

/**
 * How soon a table with gaps is read again, at first and in the end. Nothing announces a row that appears in a gap, and most
 * such rows come a moment later, from a transaction that was overtaken on its way to the commit.
 */
const GAPS_MS = { first: 3, last: 20 } as const;

/** The result of the last read and of publishing it. */
export interface Cycle {
  /** How long both took together, in milliseconds. */
  readonly tookMs: number;
  readonly rows: number;
  /** Whether there were no more rows to be read. */
  readonly complete: boolean;
  readonly gaps: number;
  /** How many reads in a row before this one returned no rows. */
  readonly emptyBefore: number;
}

/**
 * Returns how long to wait before the next read, unless new rows are announced. After a full read the next one follows at
 * once. While rows come, the relay leaves some time for rows to gather that commit together, and more time the longer a cycle
 * takes: with a fixed 2 ms, on a loaded machine, a shard spent more on answering reads, and the broker more on single
 * messages, than on the orders themselves.
 */
export function nextPause({ tookMs, rows, complete, gaps, emptyBefore }: Cycle): number {
  if (!complete) return 0;
  if (rows > 0) return gaps > 0 ? Math.max(GAPS_MS.first, gatherMs(tookMs)) : gatherMs(tookMs);
  return gaps > 0 ? Math.min(GAPS_MS.last, GAPS_MS.first * 1.5 ** emptyBefore) : IDLE_MS;
}

/** Returns how long rows may gather after a cycle that took `tookMs`. */
export function gatherMs(tookMs: number): number {
  return Math.min(GATHER_MS.most, Math.max(GATHER_MS.least, REST_FACTOR * tookMs));
}

/** Pause before the next try after a failure: from 0.1 s, doubled each time, up to 5 s, less some jitter. */
export function retryPause(failures: number, random: () => number = Math.random): number {
  const ms = Math.min(5_000, 100 * 2 ** Math.min(failures, 10));
  return ms * (1 - random() / 2);
}
