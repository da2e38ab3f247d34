import { type IdRange, withoutIds } from './id-range.ts';

/** The transactions that were open on a server at one moment, by the ids that the server assigns when they first write. */
export interface TransactionProbe {
  /** When the probe began, in milliseconds of the relay's monotonic clock. */
  readonly startedAt: number;
  /** The probe's own id: every transaction that wrote before it has a lower one. */
  readonly own: bigint;
  /** The lowest id that is still open; the probe's own when no other is. */
  readonly oldest: bigint;
}

/** The ids in the gaps for which a table has rows, committed or not. */
export interface IdProbe {
  /** When the probe began, in milliseconds of the relay's monotonic clock. */
  readonly startedAt: number;
  /** In ascending order. */
  readonly ids: readonly bigint[];
  /** How long an INSERT that has taken an id may wait before it writes its row, in milliseconds. */
  readonly insertWaitMs: number;
}

/** Ids that reads have skipped, and what is known of the transactions that may still commit them. */
interface Gap extends IdRange {
  /** When the gap was seen, in milliseconds of the relay's monotonic clock. */
  readonly sightedAt: number;
  /** Every transaction that took ids of the gap has a transaction id below this one. */
  readonly barrier: bigint | undefined;
  /** Whether all transactions below the barrier have ended: a row that is not visible now never will be. */
  readonly over: boolean;
}

/** How much of the table a read has seen: all of it, or the gaps and what follows up to an id. */
export type Coverage = 'all' | { readonly upTo: bigint };

/**
 * Between taking a row id and getting a transaction id, an INSERT runs only a few lines of the server's code. A gap's barrier
 * is set this much after its sighting, so that every transaction that took its ids has a transaction id by then.
 */
export const BARRIER_DELAY_MS = 1_000;

/**
 * How far an outbox table is published: every id up to `settledId`, except the gaps.
 *
 * InnoDB assigns ids in rising order, before the commit and outside the transaction. So when an id is not visible although a
 * higher one is, its transaction is open or was rolled back. Only an open transaction can still make it appear. When all
 * transactions of that time have ended, an id that has not appeared never will. The watermark judges this by transaction ids,
 * not by `trx_started`, which counts whole seconds of the server's local time, and that time can be set back. A grace period
 * in read-copy-update answers the same question in this way: have all that were there at some moment left? Where the
 * transaction ids cannot be seen, or where any old transaction is open, the rows decide: an id is over when the table has no
 * row for it, not even an uncommitted one, after every INSERT that may have taken it has written its row or failed.
 *
 * Holds no clock and does no I/O: the caller passes the times in.
 */
export class Watermark {
  #settledId: bigint;
  #gaps: readonly Gap[];
  #newestOwn = 0n;

  /** Starts from stored progress. Its gaps count as seen at `now`, since it is not known which transactions may fill them. */
  constructor(settledId: bigint, gaps: readonly IdRange[], now: number) {
    this.#settledId = settledId;
    this.#gaps = gaps.map(({ first, last }) => ({
      first,
      last,
      sightedAt: now,
      barrier: undefined,
      over: false,
    }));
  }

  get settledId(): bigint {
    return this.#settledId;
  }

  /** Ranges of ids up to `settledId` that may still appear; in order, apart from each other. */
  get gaps(): readonly IdRange[] {
    return this.#gaps;
  }

  /**
   * Notes that the rows of these ids were published: all rows that one read saw among the gaps and above `settledId`, or the
   * lowest of them. `readAt` is the time when the read had ended. A gap that is over closes if the read has covered it.
   */
  settle(ids: readonly bigint[], coverage: Coverage, readAt: number): void {
    const gaps = withoutIds(this.#gaps, ids);
    const sighted: Gap[] = [];
    for (const id of ids) {
      if (id <= this.#settledId) continue;
      if (id > this.#settledId + 1n) {
        sighted.push({
          first: this.#settledId + 1n,
          last: id - 1n,
          sightedAt: readAt,
          barrier: undefined,
          over: false,
        });
      }
      this.#settledId = id;
    }
    const all = sighted.length === 0 ? gaps : [...gaps, ...sighted];
    this.#gaps = all.some((gap) => gap.over)
      ? all.filter((gap) => !gap.over || (coverage !== 'all' && gap.last > coverage.upTo))
      : all;
  }

  /**
   * Takes in what a probe saw. Call it between two reads: when a probe finds a gap over, the gap closes with the next read,
   * because that read sees everything that the last of the gap's transactions has committed.
   */
  observe(probe: TransactionProbe): void {
    // A lower id than before comes from another server, where the barriers mean nothing.
    const sameServer = probe.own >= this.#newestOwn;
    this.#newestOwn = probe.own;
    this.#gaps = this.#gaps.map((gap) => {
      if (gap.over) return gap;
      const old = gap.sightedAt + BARRIER_DELAY_MS <= probe.startedAt;
      const barrier = (sameServer ? gap.barrier : undefined) ?? (old ? probe.own : undefined);
      return { ...gap, barrier, over: barrier !== undefined && probe.oldest >= barrier };
    });
  }
  /**
   * Notes for which ids the table has rows. Call it between two reads, like {@link observe}. An id without a row is over if
   * it was taken so long ago that its INSERT has written its row or failed; an id with a row stays a gap.
   */
  observeIds({ startedAt, ids, insertWaitMs }: IdProbe): void {
    const before = startedAt - insertWaitMs - BARRIER_DELAY_MS;
    let next = 0;
    this.#gaps = this.#gaps.flatMap((gap): Gap[] => {
      if (gap.over || gap.sightedAt > before) return [gap];
      const parts: Gap[] = [];
      let { first } = gap;
      while (next < ids.length && ids[next]! < first) next += 1;
      for (; next < ids.length && ids[next]! <= gap.last; next += 1) {
        const id = ids[next]!;
        const filled = parts.at(-1);
        if (id > first) parts.push({ ...gap, first, last: id - 1n, over: true });
        if (filled?.over === false && filled.last + 1n === id)
          parts[parts.length - 1] = { ...filled, last: id };
        else parts.push({ ...gap, first: id, last: id });
        first = id + 1n;
      }
      if (first <= gap.last) parts.push({ ...gap, first, over: true });
      return parts;
    });
  }

  /** When the oldest gap that may still be filled was seen, in milliseconds of the relay's monotonic clock. */
  get oldestSightedAt(): number | undefined {
    let oldest: number | undefined;
    for (const { over, sightedAt } of this.#gaps)
      if (!over && (oldest === undefined || sightedAt < oldest)) oldest = sightedAt;
    return oldest;
  }
}
