import { performance } from 'node:perf_hooks';
import type { OutboxRow } from '../sql/outbox-row.ts';
import type { ReadRange } from '../sql/read-outbox.ts';
import type { IdsInTable } from '../sql/read-uncommitted-ids.ts';
import { AsideRows } from './aside-rows.ts';
import { type Cycle, gatherMs, nextPause } from './pace.ts';
import type { IdRange } from './progress/id-range.ts';
import { type Progress, ProgressStore, type StoreParts } from './progress/progress-store.ts';
import type { TransactionProbe, Watermark } from './progress/watermark.ts';
import { ReadSize } from './read-size.ts';
import { RowSender, type SenderParts } from './row-sender.ts';
import { Waker } from './waker.ts';

/** In gaps older than `from`, the relay looks for rows that are not committed, once per `every`. Milliseconds. */
const ID_PROBE_MS = { from: 10_000, every: 1_000 } as const;

/** The dependencies of a table's relay. */
export interface TableParts extends SenderParts, StoreParts {
  readonly lease: SenderParts['lease'] & StoreParts['lease'];
  read(range: ReadRange, limit: number): Promise<OutboxRow[]>;
  /** Resolves to the ids in these ranges for which the table has rows, committed or not; undefined when it cannot tell. */
  readIds(ranges: readonly IdRange[]): Promise<IdsInTable | undefined>;
  /** The newest look at the shard's open transactions. */
  latestProbe(): TransactionProbe | undefined;
  /** Called when everything that was read is published, or when there was nothing to read. */
  moved(): void;
}

interface Batch {
  readonly rows: readonly OutboxRow[];
  /** Whether the read saw every row that the table had. */
  readonly complete: boolean;
  /** The progress once this batch and all batches before it are published. */
  readonly after: Progress;
  readonly begunAt: number;
}

/**
 * Publishes one outbox table in the order of its ids while it holds the lease. It reads the next batch while it publishes
 * one; there are never more than these two in memory.
 *
 * It publishes one batch at a time. It retries a batch that fails until the batch is through; everything later waits. When
 * only some partitions do not answer, it sets their rows aside, with all later rows for the same partitions, and goes on with
 * the other partitions. When Kafka refuses a row for its content, it parks the row with the later rows of the same order, and
 * goes on with the rest.
 */
export class TableRelay {
  readonly #parts: TableParts;
  readonly #sender: RowSender;
  /** How far the table was read. It is ahead of what is published by the rows that are in memory. */
  readonly #mark: Watermark;
  readonly #waker = new Waker();
  readonly #size = new ReadSize();
  readonly #aside: AsideRows;
  readonly #store: ProgressStore;
  #probe: TransactionProbe | undefined;
  #idsReadAt = -Infinity;
  /** How many reads in a row have returned no rows. */
  #empty = 0;

  constructor(parts: TableParts, mark: Watermark, aside = new AsideRows()) {
    this.#parts = parts;
    this.#sender = new RowSender(parts);
    this.#mark = mark;
    this.#aside = aside;
    this.#store = new ProgressStore(parts, this.#progress(), aside);
  }

  /** How many gaps are open. */
  get gaps(): number {
    return this.#mark.gaps.length;
  }

  /** The highest id that was read. */
  get readId(): bigint {
    return this.#mark.settledId;
  }

  /** Every row up to this id is published, except those in gaps. */
  get settledId(): bigint {
    return this.#store.done.settledId;
  }

  /** Whether rows wait for partitions that do not answer. */
  get waitsForPartitions(): boolean {
    return this.#aside.pending;
  }

  /** How many milliseconds the oldest gap has been open. */
  get oldestGapMs(): number {
    const sightedAt = this.#mark.oldestSightedAt;
    return sightedAt === undefined ? 0 : performance.now() - sightedAt;
  }

  /** Wakes the relay, because there may be new rows. */
  wake(): void {
    this.#waker.wake();
  }

  /**
   * Relays until `signal` aborts, then finishes the send in progress and stores the progress.
   *
   * @throws LeaseLostError when another relay has the lease, or this one can no longer rely on it
   * @throws RouterError when the shard does not answer
   */
  async run(signal: AbortSignal): Promise<void> {
    let ahead: Promise<Batch> | undefined;
    while (!signal.aborted) {
      this.#store.check();
      this.#sender.checkLease();
      await this.#publishReleased(signal);
      // Do not resume while a batch is read ahead: it may hold rows that come after the resumed ones.
      if (ahead === undefined && this.#aside.isDue(performance.now())) this.#aside.resume();
      const batch = await (ahead ?? this.#readNext());
      const alone = batch.complete || this.#aside.isDue(performance.now());
      ahead = alone ? undefined : this.#readNext();
      ahead?.catch(() => undefined); // Thrown where it is waited for.
      if (!(await this.#publish(batch, signal))) break;
      this.#store.reach(batch.after);
      if (!this.#aside.full) this.#parts.moved();
      if (ahead === undefined) await this.#rest(batch, signal);
    }
    await ahead?.catch(() => undefined);
    await this.#store.end();
  }

  async #rest({ begunAt, rows, complete }: Batch, signal: AbortSignal): Promise<void> {
    const tookMs = performance.now() - begunAt;
    const cycle: Cycle = {
      tookMs,
      rows: rows.length,
      complete,
      gaps: this.gaps,
      emptyBefore: this.#empty,
    };
    this.#empty = rows.length === 0 ? this.#empty + 1 : 0;
    // Store the unsaved progress before a long rest.
    if (rows.length === 0) this.#store.saveAside();
    await this.#waker.wait(nextPause(cycle), gatherMs(tookMs), signal);
  }

  /**
   * Passes the watermark the newest facts about transactions that may fill its gaps, before the read that may then close
   * some.
   */
  async #observe(): Promise<void> {
    const probe = this.#parts.latestProbe();
    if (probe !== undefined && probe !== this.#probe) {
      this.#probe = probe;
      this.#mark.observe(probe);
    }
    const startedAt = performance.now();
    if (this.oldestGapMs < ID_PROBE_MS.from || startedAt - this.#idsReadAt < ID_PROBE_MS.every) return;
    this.#idsReadAt = startedAt;
    const seen = await this.#parts.readIds(this.#mark.gaps);
    if (seen !== undefined) this.#mark.observeIds({ startedAt, ...seen });
  }

  async #readNext(): Promise<Batch> {
    const begunAt = performance.now();
    if (this.#aside.full) return { rows: [], complete: true, after: this.#progress(), begunAt };
    await this.#observe();
    const { gaps, settledId } = this.#mark;
    const limit = this.#size.rows;
    const rows = await this.#parts.read({ gaps: this.#aside.withResumed(gaps), above: settledId }, limit);
    this.#size.seen(rows);
    this.#aside.read(rows);
    const complete = rows.length < limit;
    this.#mark.settle(
      rows.map(({ id }) => id),
      complete ? 'all' : { upTo: rows.at(-1)!.id },
      performance.now(),
    );
    return { rows, complete, after: this.#progress(), begunAt };
  }

  /** Publishes a batch, and parks the rows that cannot be published. False when `signal` aborted after a failed attempt. */
  async #publish({ rows }: Batch, signal: AbortSignal): Promise<boolean> {
    if (rows.length === 0) return true;
    const { parking } = this.#parts;
    const held = rows.filter((row) => parking.holds(row));
    const free = held.length === 0 ? rows : rows.filter((row) => !parking.holds(row));
    if (held.length > 0) await parking.park(held.map((row) => ({ row, reason: undefined })));
    this.#aside.settled(held);
    const due = this.#withoutAside(free);
    if (due.length === 0) return true;
    const { done, unanswered } = await this.#sender.send(due, signal);
    if (!done) return false;
    if (unanswered.length > 0) this.#setAside(unanswered);
    this.#aside.settled(due);
    return true;
  }

  /** Sets aside the rows whose partitions do not answer, and returns the rest. */
  #withoutAside(rows: readonly OutboxRow[]): readonly OutboxRow[] {
    const { partitions } = this.#parts.publisher;
    if (this.#aside.partitions.length === 0 || partitions === undefined) return rows;
    const waits = ({ aggregateId }: OutboxRow) => this.#aside.holds(partitions.of(aggregateId));
    this.#setAside(rows.filter(waits));
    return rows.filter((row) => !waits(row));
  }

  #setAside(rows: readonly OutboxRow[]): void {
    const partitions = this.#parts.publisher.partitions!;
    for (const [partition, theirs] of Map.groupBy(rows, ({ aggregateId }) => partitions.of(aggregateId)))
      this.#aside.add(partition, theirs, performance.now());
  }

  /** Publishes the rows that operators have released from parking, before any later row of the same orders. */
  async #publishReleased(signal: AbortSignal): Promise<void> {
    const { parking } = this.#parts;
    for (const key of await parking.released()) {
      for (let rows = await parking.next(key); rows.length > 0; rows = await parking.next(key)) {
        const { done, unanswered } = await this.#sender.send(rows, signal);
        // Rows that are not published stay released; a later call tries them again.
        if (!done || unanswered.length > 0) return;
        await parking.settle(rows);
      }
    }
  }

  #progress(): Progress {
    return { settledId: this.#mark.settledId, gaps: this.#mark.gaps };
  }
}
