import { performance } from 'node:perf_hooks';
import type { Message } from './message.ts';
import { LeaseLostError } from '../errors.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import type { ReadRange } from '../sql/read-outbox.ts';
import type { Gate } from '@ordershard/process';
import { SEND_MARGIN_MS } from './lease/timing.ts';
import { type Cycle, gatherMs, nextPause, retryPause } from './pace.ts';
import type { TableParking } from './parking/table-parking.ts';
import { encodeRanges } from './progress/id-range.ts';
import type { TransactionProbe, Watermark } from './progress/watermark.ts';
import type { Publisher } from './publisher.ts';
import { ReadSize } from './read-size.ts';
import { Waker } from './waker.ts';

/** With so many gaps, nothing above them is read until some have closed: each is a range of the statement that reads. */
export const MAX_GAPS = 2_000;

/** How far what is stored of the progress may lag behind: that much is published again after a crash. */
const SAVE_MS = 200;

/** What a table's relay works with. */
export interface TableParts {
  read(range: ReadRange, limit: number): Promise<OutboxRow[]>;
  /** Stores the progress, gaps as JSON text. False when another holds the lease by now. */
  save(settledId: bigint, gaps: string): Promise<boolean>;
  toMessage(row: OutboxRow): Message;
  readonly publisher: Publisher;
  /** Through which sends go, with those of other tables. */
  readonly gate: Gate;
  readonly parking: TableParking;
  readonly lease: { holds(marginMs: number): boolean; lose(): void };
  /** The newest look at the shard's open transactions. */
  latestProbe(): TransactionProbe | undefined;
  /** Is told of rows that are published. */
  published(rows: readonly OutboxRow[]): void;
  /** Is told of an attempt to publish that has failed, and how many have in a row. */
  failed(error: unknown, failures: number): void;
  /** Waits, or until `signal` aborts; never throws. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** How far a table is published. */
interface Progress {
  readonly settledId: bigint;
  /** JSON text. */
  readonly gaps: string;
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
 * One batch at a time, and one that fails is tried again until it is through; all that is later waits. To let other
 * orders pass would take a list of those that may not, for a case in which the broker mostly takes nothing at all. What
 * it refuses for what it is, is parked, with the later rows of its order, and the rest goes on.
 */
export class TableRelay {
  readonly #parts: TableParts;
  /** What was read. It runs ahead of what is published by what is in memory. */
  readonly #mark: Watermark;
  readonly #waker = new Waker();
  readonly #size = new ReadSize();
  #probe: TransactionProbe | undefined;
  #done: Progress;
  #saved: Progress;
  #savedAt = performance.now();
  #saving: Promise<void> | undefined;
  #notSaved: unknown;
  /** How many reads have brought nothing, one after the other. */
  #empty = 0;

  constructor(parts: TableParts, mark: Watermark) {
    this.#parts = parts;
    this.#mark = mark;
    this.#saved = this.#done = this.#progress();
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
    return this.#done.settledId;
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
      this.#checkSaved();
      this.#checkLease();
      await this.#publishReleased(signal);
      const batch = await (ahead ?? this.#readNext());
      ahead = batch.complete ? undefined : this.#readNext();
      ahead?.catch(() => undefined); // Thrown where it is waited for.
      if (!(await this.#publish(batch, signal))) break;
      this.#done = batch.after;
      if (performance.now() - this.#savedAt >= SAVE_MS) this.#saveAside();
      if (ahead === undefined) await this.#rest(batch, signal);
    }
    await ahead?.catch(() => undefined);
    await this.#saving;
    this.#checkSaved();
    await this.#save();
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
    if (rows.length === 0) this.#saveAside();
    await this.#waker.wait(nextPause(cycle), gatherMs(tookMs), signal);
  }

  #checkLease(): void {
    if (!this.#parts.lease.holds(SEND_MARGIN_MS))
      throw new LeaseLostError('the lease may end before a send does');
  }

  /** Shows the watermark a new look at the open transactions, before the read that may then close gaps. */
  #observe(): void {
    const probe = this.#parts.latestProbe();
    if (probe === undefined || probe === this.#probe) return;
    this.#probe = probe;
    this.#mark.observe(probe);
  }

  async #readNext(): Promise<Batch> {
    this.#observe();
    const begunAt = performance.now();
    const { gaps, settledId } = this.#mark;
    const above = gaps.length < MAX_GAPS ? settledId : undefined;
    const limit = this.#size.rows;
    const rows = await this.#parts.read({ gaps, above }, limit);
    this.#size.seen(rows);
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
    return free.length === 0 || (await this.#send(free, signal));
  }

  /** Sends until it is acknowledged or parked. False when `signal` aborted after an attempt that failed. */
  async #send(rows: readonly OutboxRow[], signal: AbortSignal): Promise<boolean> {
    const { publisher, gate, parking } = this.#parts;
    const messages = rows.map((row) => this.#parts.toMessage(row));
    for (let failures = 1; ; failures += 1) {
      try {
        const withheld = await gate.through(async () => {
          this.#checkLease();
          return publisher.publish(messages);
        });
        if (withheld.length > 0)
          await parking.park(withheld.map(({ index, reason }) => ({ row: rows[index]!, reason })));
        this.#parts.published(withheld.length === 0 ? rows : without(rows, withheld));
        return true;
      } catch (error) {
        if (error instanceof LeaseLostError) throw error;
        this.#parts.failed(error, failures);
      }
      await this.#parts.pause(retryPause(failures), signal);
      if (signal.aborted) return false;
    }
  }

  /** Publishes what an operator has released from parking, before anything later of the same orders. */
  async #publishReleased(signal: AbortSignal): Promise<void> {
    const { parking } = this.#parts;
    for (const { key, rows } of await parking.released()) {
      parking.forget(key);
      if (!(await this.#send(rows, signal))) {
        parking.hold(key);
        return;
      }
      await parking.settle(rows);
    }
  }

  /** Stores the progress while the work goes on: a commit may take the shard a while. One at a time. */
  #saveAside(): void {
    this.#saving ??= this.#save()
      .catch((error: unknown) => {
        this.#notSaved = error;
      })
      .finally(() => {
        this.#saving = undefined;
      });
  }

  /** Throws what kept the progress from being stored. */
  #checkSaved(): void {
    if (this.#notSaved !== undefined) throw this.#notSaved;
  }

  async #save(): Promise<void> {
    const done = this.#done;
    const { settledId, gaps } = done;
    this.#savedAt = performance.now();
    if (settledId === this.#saved.settledId && gaps === this.#saved.gaps) return;
    if (!(await this.#parts.save(settledId, gaps))) {
      this.#parts.lease.lose();
      throw new LeaseLostError('another relay has taken the table over');
    }
    this.#saved = done;
  }

  #progress(): Progress {
    return { settledId: this.#mark.settledId, gaps: encodeRanges(this.#mark.gaps) };
  }
}

function without(
  rows: readonly OutboxRow[],
  withheld: readonly { readonly index: number }[],
): readonly OutboxRow[] {
  const out = new Set(withheld.map(({ index }) => index));
  return rows.filter((_, index) => !out.has(index));
}
