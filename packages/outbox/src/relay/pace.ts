/** The shortest and the longest time in which rows are let gather before they are read. Milliseconds. */
const GATHER_MS = { least: 4, most: 30 } as const;

/** Of the time, a table whose rows trickle in is read and published for a fifth at the most. */
const REST_FACTOR = 4;

/** How long a table is left alone when nobody says that there is news. */
const IDLE_MS = 1_000;

/**
 * How soon a table with gaps is looked at again, at first and in the end: what appears in one is announced by nothing,
 * and most of it comes a moment later, from a transaction that was overtaken on its way to the commit.
 */
const GAPS_MS = { first: 3, last: 20 } as const;

/** What the last read and its publishing came to. */
export interface Cycle {
  /** How long both took together, in milliseconds. */
  readonly tookMs: number;
  readonly rows: number;
  /** Whether there were no more rows to be read. */
  readonly complete: boolean;
  readonly gaps: number;
  /** How many reads before this one have brought nothing, one after the other. */
  readonly emptyBefore: number;
}

/**
 * How long to wait before the next read, unless news is announced. A full read is followed at once by the next. While
 * rows come, some time is left to gather what commits together, the more of it the longer a cycle takes: with a fixed
 * 2 ms, on a loaded machine, a shard spent more on being asked, and the broker more on messages one by one, than on the
 * orders themselves.
 */
export function nextPause({ tookMs, rows, complete, gaps, emptyBefore }: Cycle): number {
  if (!complete) return 0;
  if (rows > 0) return gaps > 0 ? Math.max(GAPS_MS.first, gatherMs(tookMs)) : gatherMs(tookMs);
  return gaps > 0 ? Math.min(GAPS_MS.last, GAPS_MS.first * 1.5 ** emptyBefore) : IDLE_MS;
}

/** How long rows are let gather after work that took so long. */
export function gatherMs(tookMs: number): number {
  return Math.min(GATHER_MS.most, Math.max(GATHER_MS.least, REST_FACTOR * tookMs));
}

/** Pause before the next try after a failure: from 0.1 s, doubled each time, up to 5 s, less some jitter. */
export function retryPause(failures: number, random: () => number = Math.random): number {
  const ms = Math.min(5_000, 100 * 2 ** Math.min(failures, 10));
  return ms * (1 - random() / 2);
}
