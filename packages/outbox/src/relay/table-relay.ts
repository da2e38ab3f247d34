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

/** Gaps that are older than this are looked into for rows that are not committed, this often. Milliseconds. */
const ID_PROBE_MS = { from: 10_000, every: 1_000 } as const;

/** What a table's relay works with. */
export interface TableParts extends SenderParts, StoreParts {
  readonly lease: SenderParts['lease'] & StoreParts['lease'];
  read(range: ReadRange, limit: number): Promise<OutboxRow[]>;
  /** Of which ids in some ranges the table has rows, committed or not; undefined when it cannot tell. */
  readIds(ranges: readonly IdRange[]): Promise<IdsInTable | undefined>;
  /** The newest look at the shard's open transactions. */
  latestProbe(): TransactionProbe | undefined;
  /** Is told that all that was read is published, or that there was nothing. */
  moved(): void;
}

interface Batch {
  readonly rows: readonly OutboxRow[];
  /** Whether the read saw all rows that there were. */
  readonly complete: boolean;
  /** What holds once the batch is published, with all before it. */
  readonly after: Progress;
  readonly begunAt: number;
}

/**
 * Publishes one outbox table in the order of its ids, for as long as its lease is held. While a batch is published, the
 * next one is read; never more than the two are in memory.
 *
 * One batch at a time, and one that fails is tried again until it is through; all that is later waits. Where partitions
 * alone do not answer, what is for them is set aside, with all that is later for them, and the others go on. What Kafka
 * refuses for what it is, is parked, with the later rows of its order, and the rest goes on.
 */
export class TableRelay {
  readonly #parts: TableParts;
  readonly #sender: RowSender;
  /** What was read. It runs ahead of what is published by what is in memory. */
  readonly #mark: Watermark;
  readonly #waker = new Waker();
  readonly #size = new ReadSize();
  readonly #aside: AsideRows;
  readonly #store: ProgressStore;
  #probe: TransactionProbe | undefined;
  #idsReadAt = -Infinity;
  /** How many reads have brought nothing, one after the other. */
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

  /** Every row up to this id is published, but for those of gaps. */
  get settledId(): bigint {
    return this.#store.done.settledId;
  }

  /** Whether rows wait for partitions that do not answer. */
  get waitsForPartitions(): boolean {
    return this.#aside.pending;
  }

  /** For how many milliseconds the oldest gap is open. */
  get oldestGapMs(): number {
    const sightedAt = this.#mark.oldestSightedAt;
    return sightedAt === undefined ? 0 : performance.now() - sightedAt;
  }

  /** Tells it that there may be news. */
  wake(): void {
    this.#waker.wake();
  }

  /**
   * Relays until `signal` aborts, then finishes what is being sent and stores the progress.
   *
   * @throws LeaseLostError when the lease is another's, or can no longer be counted on
   * @throws RouterError when the shard does not answer
   */
  async run(signal: AbortSignal): Promise<void> {
    let ahead: Promise<Batch> | undefined;
    while (!signal.aborted) {
      this.#store.check();
      this.#sender.checkLease();
      await this.#publishReleased(signal);
      // Not while a batch is read ahead: it may hold rows that come after those that are resumed.
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
    // What is read and not stored yet is stored before a long rest.
    if (rows.length === 0) this.#store.saveAside();
    await this.#waker.wait(nextPause(cycle), gatherMs(tookMs), signal);
  }

  /** Shows the watermark what is known of those who may fill its gaps, before the read that may then close some. */
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

  /** Publishes a batch, or parks of it what cannot be. False when `signal` aborted after an attempt that failed. */
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

  /** Sets aside those of some rows whose partitions do not answer, and returns the others. */
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

  /** Publishes what operators have released from parking, before anything later of the same orders. */
  async #publishReleased(signal: AbortSignal): Promise<void> {
    const { parking } = this.#parts;
    for (const key of await parking.released()) {
      for (let rows = await parking.next(key); rows.length > 0; rows = await parking.next(key)) {
        const { done, unanswered } = await this.#sender.send(rows, signal);
        // Those that are not published stay released, and are looked at again.
        if (!done || unanswered.length > 0) return;
        await parking.settle(rows);
      }
    }
  }

  #progress(): Progress {
    return { settledId: this.#mark.settledId, gaps: this.#mark.gaps };
  }
}
