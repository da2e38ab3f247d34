import type { Gate } from '@ordershard/process';
import { LeaseLostError } from '../errors.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { SEND_MARGIN_MS } from './lease/timing.ts';
import type { Message } from './message.ts';
import { retryPause } from './pace.ts';
import type { TableParking } from './parking/table-parking.ts';
import type { Publisher, Unfinished } from './publisher.ts';

/** The dependencies for sending a table's rows. */
export interface SenderParts {
  toMessage(row: OutboxRow): Message;
  readonly publisher: Publisher;
  /** All sends pass this gate, together with the sends of other tables. */
  readonly gate: Gate;
  readonly parking: TableParking;
  readonly lease: { holds(marginMs: number): boolean; lose(): void };
  /** Called with the rows that were published. */
  published(rows: readonly OutboxRow[]): void;
  /** Called when an attempt to publish has failed, with the number of failures in a row. */
  failed(error: unknown, failures: number): void;
  /** Called with the partitions that do not answer, while others do. */
  setAside(error: unknown, partitions: ReadonlySet<number>): void;
  /** Waits `ms` milliseconds, or until `signal` aborts. Never throws. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** The result of sending rows. */
export interface Sent {
  /** False when the signal aborted after a failed attempt: then nothing is known of the rows. */
  readonly done: boolean;
  /** Rows of partitions that do not answer, while others do. All other rows are published or parked. */
  readonly unanswered: readonly OutboxRow[];
}

/**
 * Sends rows of a table until it succeeds. It never sends an acknowledged row again, and it parks rows that Kafka refuses.
 */
export class RowSender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** @throws LeaseLostError unless the lease holds for longer than a send may take */
  checkLease(): void {
    if (!this.#parts.lease.holds(SEND_MARGIN_MS))
      throw new LeaseLostError('the lease may end before a send does');
  }

  /**
   * Sends until all rows are acknowledged or parked, except rows for partitions that do not answer while others do.
   *
   * @throws LeaseLostError
   */
  async send(rows: readonly OutboxRow[], signal: AbortSignal): Promise<Sent> {
    const { publisher, gate, parking } = this.#parts;
    const aside: OutboxRow[] = [];
    let left = rows;
    let messages: readonly Message[] = rows.map((row) => this.#parts.toMessage(row));
    for (let failures = 1; ; failures += 1) {
      try {
        await publisher.prepare();
        const { withheld, unanswered } = await gate.through(async () => {
          this.checkLease();
          return this.#publish(messages);
        });
        aside.push(...unanswered.map((index) => left[index]!));
        this.#parts.published(without(left, [...withheld.map(({ index }) => index), ...unanswered]));
        if (withheld.length === 0) return { done: true, unanswered: aside };
        // Published rows stay published, even if parking the others fails.
        const sent = left;
        messages = withheld.map(({ index }) => messages[index]!);
        left = withheld.map(({ index }) => sent[index]!);
        await parking.park(withheld.map(({ reason }, place) => ({ row: left[place]!, reason })));
        return { done: true, unanswered: aside };
      } catch (error) {
        if (error instanceof LeaseLostError) throw error;
        this.#parts.failed(error, failures);
      }
      await this.#parts.pause(retryPause(failures), signal);
      if (signal.aborted) return { done: false, unanswered: aside };
    }
  }

  /** Publishes messages. Throws an error of the publisher, unless only some of the partitions do not answer. */
  async #publish(messages: readonly Message[]): Promise<Unfinished> {
    const { publisher } = this.#parts;
    try {
      return { withheld: await publisher.publish(messages), unanswered: [] };
    } catch (error) {
      const { partitions } = publisher;
      if (partitions === undefined) throw error;
      const unfinished = partitions.unfinished(messages);
      const silent = new Set(unfinished.unanswered.map((index) => partitions.of(messages[index]!.key)));
      if (silent.size === partitions.count) throw error;
      partitions.end();
      this.#parts.setAside(error, silent);
      return unfinished;
    }
  }
}

function without(rows: readonly OutboxRow[], places: readonly number[]): readonly OutboxRow[] {
  if (places.length === 0) return rows;
  const out = new Set(places);
  return rows.filter((_, index) => !out.has(index));
}
