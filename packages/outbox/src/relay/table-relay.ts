import { performance } from 'node:perf_hooks';
import type { Envelope } from '@ordershard/order-events';
import { LeaseLostError } from '../errors.ts';
import type { OutboxRow, ReadRange } from '../sql/read-outbox.ts';
import { chunksOf } from './chunks.ts';
import { SEND_MARGIN_MS } from './lease/timing.ts';
import { nextPause, retryPause } from './pace.ts';
import { encodeRanges } from './progress/id-range.ts';
import type { TransactionProbe, Watermark } from './progress/watermark.ts';
import type { Publisher } from './publisher.ts';

/** Rows of one read. */
export const BATCH_ROWS = 1_000;

/** With so many gaps, nothing above them is read until some have closed: each is a range of the statement that reads. */
export const MAX_GAPS = 2_000;

/** How far what is stored of the progress may lag behind: that much is published again after a crash. */
const SAVE_MS = 200;

/** What a table's relay works with. */
export interface TableParts {
  read(range: ReadRange, limit: number): Promise<OutboxRow[]>;
  /** Stores the progress, gaps as JSON text. False when another holds the lease by now. */
  save(settledId: bigint, gaps: string): Promise<boolean>;
  toMessage(row: OutboxRow): Envelope;
  readonly publisher: Publisher;
  readonly lease: { holds(marginMs: number): boolean; lose(): void };
  /** The newest look at the shard's open transactions. */
  latestProbe(): TransactionProbe | undefined;
  /** Is told of rows that are published. */
  published(rows: number): void;
  /** Is told of an attempt to publish that has failed, and how many have in a row. */
  failed(error: unknown, failures: number): void;
  /** Waits, or until `signal` aborts; never throws. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

interface Batch {
  readonly rows: readonly OutboxRow[];
  /** Whether the read saw all rows that there were. */
  readonly complete: boolean;
  readonly readAt: number;
}

/**
 * Publishes one outbox table in the order of its ids, for as long as its lease is held.
 *
 * One batch at a time, and one that fails is tried again until it is through; all that is later waits. To let other
 * orders pass would take a list of those that may not, for a case in which the broker mostly takes nothing at all.
 */
export class TableRelay {
  readonly #parts: TableParts;
  readonly #mark: Watermark;
  #probe: TransactionProbe | undefined;
  #savedAt = performance.now();
  #saved: string;

  constructor(parts: TableParts, mark: Watermark) {
    this.#parts = parts;
    this.#mark = mark;
    this.#saved = this.#progress().text;
  }

  /** How many gaps are open. */
  get gaps(): number {
    return this.#mark.gaps.length;
  }

  get settledId(): bigint {
    return this.#mark.settledId;
  }

  /**
   * Relays until `signal` aborts, then finishes what is being sent and stores the progress.
   *
   * @throws LeaseLostError when the lease is another's, or can no longer be counted on
   * @throws RouterError when the shard does not answer
   */
  async run(signal: AbortSignal): Promise<void> {
    let pauseMs = 0;
    while (!signal.aborted) {
      this.#checkLease();
      this.#observe();
      const batch = await this.#read();
      await this.#publish(batch, signal);
      if (performance.now() - this.#savedAt >= SAVE_MS) await this.#save();
      pauseMs = nextPause(pauseMs, batch.rows.length, BATCH_ROWS);
      if (pauseMs > 0) await this.#parts.pause(pauseMs, signal);
    }
    await this.#save();
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

  async #read(): Promise<Batch> {
    const { gaps, settledId } = this.#mark;
    const above = gaps.length < MAX_GAPS ? settledId : undefined;
    const rows = await this.#parts.read({ gaps, above }, BATCH_ROWS);
    return { rows, complete: rows.length < BATCH_ROWS, readAt: performance.now() };
  }

  /** Publishes a batch part by part, each settled when it is acknowledged; less of it when `signal` aborts. */
  async #publish({ rows, complete, readAt }: Batch, signal: AbortSignal): Promise<void> {
    if (rows.length === 0) this.#mark.settle([], 'all', readAt);
    let done = 0;
    for (const chunk of chunksOf(rows.map((row) => this.#parts.toMessage(row)))) {
      if (!(await this.#send(chunk, signal))) return;
      const ids = rows.slice(done, done + chunk.length).map(({ id }) => id);
      done += chunk.length;
      this.#mark.settle(ids, complete && done === rows.length ? 'all' : { upTo: ids.at(-1)! }, readAt);
      this.#parts.published(ids.length);
    }
  }

  /** Sends until it is acknowledged. False when `signal` aborted after an attempt that failed. */
  async #send(messages: readonly Envelope[], signal: AbortSignal): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      this.#checkLease();
      try {
        await this.#parts.publisher.publish(messages);
        return true;
      } catch (error) {
        this.#parts.failed(error, failures);
      }
      await this.#parts.pause(retryPause(failures), signal);
      if (signal.aborted) return false;
    }
  }

  async #save(): Promise<void> {
    const { settledId, gaps, text } = this.#progress();
    this.#savedAt = performance.now();
    if (text === this.#saved) return;
    if (!(await this.#parts.save(settledId, gaps))) {
      this.#parts.lease.lose();
      throw new LeaseLostError('another relay has taken the table over');
    }
    this.#saved = text;
  }

  #progress() {
    const { settledId } = this.#mark;
    const gaps = encodeRanges(this.#mark.gaps);
    return { settledId, gaps, text: `${settledId} ${gaps}` };
  }
}
