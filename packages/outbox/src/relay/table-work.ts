import { performance } from 'node:perf_hooks';
import type { Flow } from './flow.ts';
import type { Message } from './message.ts';
import type { Gate, Logger } from '@ordershard/process';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { IdsForgottenError } from '../errors.ts';
import { readOutbox } from '../sql/read-outbox.ts';
import { readUncommittedIds } from '../sql/read-uncommitted-ids.ts';
import type { StoredProgress } from '../sql/read-relay.ts';
import { readKnownId } from '../sql/read-known-id.ts';
import { saveProgress } from '../sql/save-progress.ts';
import { TableLease } from './lease/table-lease.ts';
import { ShardParking } from './parking/shard-parking.ts';
import { pause } from './pause.ts';
import { decodeRanges } from './progress/id-range.ts';
import { Watermark, type TransactionProbe } from './progress/watermark.ts';
import type { Publisher } from './publisher.ts';
import { logged } from './retrying.ts';
import type { Shards } from './shards.ts';
import { TableRelay } from './table-relay.ts';

/** The dependencies that the relay of a shard passes to the relay of a table. */
export interface TableWorkParts {
  readonly shards: Shards;
  readonly shard: number;
  readonly table: string;
  /** The name of this process in `outbox_relays`. */
  readonly holder: string;
  readonly gate: Gate;
  readonly toMessage: (row: OutboxRow) => Message;
  readonly connect: () => Publisher;
  readonly latestProbe: () => TransactionProbe | undefined;
  readonly published: (rows: readonly OutboxRow[]) => void;
  readonly flow: Flow;
  /** Called when the table is given up, with the id up to which it was published. */
  readonly ended: (publishedId: bigint) => void;
  /** Called when the table's database has forgotten ids; the table is given up then. */
  readonly forgotten: (error: IdsForgottenError) => void;
  readonly log: Logger;
}

/** A table that this process relays, from taking its lease to giving it back. */
export class TableWork {
  readonly table: string;
  /** Resolves when the table is given up. Never rejects. */
  readonly done: Promise<void>;
  readonly #parts: TableWorkParts;
  readonly #relay: TableRelay;
  readonly #end = new AbortController();
  /** The highest id that was read and that the database was found to know, although the rows are gone. */
  #knownTo = 0n;
  #doubting = false;
  #forgotten: IdsForgottenError | undefined;
  #failure: string | undefined;
  /** Why some partitions did not answer, the last time that happened. */
  #silent: string | undefined;

  private constructor(
    parts: TableWorkParts,
    lease: TableLease,
    progress: StoredProgress,
    parking: ShardParking,
  ) {
    this.table = parts.table;
    this.#parts = parts;
    const publisher = parts.connect();
    this.#relay = this.#relayOf(parts, lease, progress, parking, publisher);
    this.done = this.#run(parts, lease, publisher);
  }

  /** Takes the lease of a table and begins to relay it. Resolves to undefined when the lease is not free. */
  static async take(parts: TableWorkParts): Promise<TableWork | undefined> {
    const { shards, shard, table, holder, log } = parts;
    const taken = await TableLease.acquire(shards, shard, table, holder);
    if (taken === undefined) return undefined;
    const parking = new ShardParking(shards, shard, table, (events) =>
      log.warn({ table, events }, 'parked events are gone from the outbox: they are passed over'),
    );
    try {
      await parking.load();
    } catch (error) {
      taken.lease.stop();
      throw error;
    }
    log.info({ table, token: taken.progress.token.toString() }, 'table taken');
    return new TableWork(parts, taken.lease, taken.progress, parking);
  }

  /** Why the last attempt to publish failed; undefined if it did not. */
  get failure(): string | undefined {
    return this.#failure ?? (this.#relay.waitsForPartitions ? this.#silent : undefined);
  }

  get gaps(): number {
    return this.#relay.gaps;
  }

  get readId(): bigint {
    return this.#relay.readId;
  }

  get status() {
    return {
      table: this.table,
      settledId: this.#relay.settledId.toString(),
      gaps: this.gaps,
      oldestGapMs: Math.round(this.#relay.oldestGapMs),
    };
  }

  wake(): void {
    this.#relay.wake();
  }

  /**
   * Checks whether the database has forgotten ids that were read: its table has no id as high. Retention removes rows of old
   * days as well; then the stored progress proves that they were published.
   */
  fallenBehind(): void {
    const { readId } = this;
    if (this.#doubting || readId === this.#knownTo) return;
    this.#doubting = true;
    void this.#doubt(readId).finally(() => (this.#doubting = false));
  }

  /** Finishes the send in progress, stores the progress, and releases the table. */
  end(): void {
    this.#end.abort();
  }

  #relayOf(
    { shards, shard, table, gate, toMessage, latestProbe, published, flow, log }: TableWorkParts,
    lease: TableLease,
    progress: StoredProgress,
    parking: ShardParking,
    publisher: Publisher,
  ): TableRelay {
    let stored = progress.settledId;
    return new TableRelay(
      {
        read: (range, limit) => shards.onShard(shard, (session) => readOutbox(session, table, range, limit)),
        readIds: (ranges) => shards.onShard(shard, (session) => readUncommittedIds(session, table, ranges)),
        save: async (settledId, gaps) => {
          if (this.#forgotten !== undefined) throw this.#forgotten;
          const saved = await shards.onShard(shard, (session) =>
            saveProgress(session, lease.ticket, { settledId, gaps }, stored),
          );
          if (typeof saved === 'object') throw this.#forget(new IdsForgottenError(settledId, saved.known));
          if (saved === 'stored') stored = settledId;
          return saved === 'stored';
        },
        toMessage,
        publisher,
        gate,
        parking,
        lease,
        latestProbe,
        published: (rows) => {
          this.#failure = undefined;
          published(rows);
        },
        setAside: (error, partitions) => {
          const silent = [...partitions].toSorted((a, b) => a - b).join(', ');
          if (!this.#relay.waitsForPartitions)
            log.warn(
              { table, partitions: silent, ...logged(error) },
              'publishing failed for some partitions; the others go on',
            );
          this.#silent = `partitions ${silent} take no events: ${(error as Error).message}`;
        },
        moved: () => flow.moved(performance.now()),
        failed: (error, failures) => {
          this.#failure = (error as Error).message;
          flow.failed(this.#failure);
          if (failures === 1) log.warn({ table, ...logged(error) }, 'publishing failed; it is tried again');
        },
        pause,
      },
      new Watermark(progress.settledId, decodeRanges(progress.gaps), performance.now()),
    );
  }

  async #doubt(readId: bigint): Promise<void> {
    const { shards, shard, table } = this.#parts;
    let known: bigint;
    try {
      known = await shards.onShard(shard, (session) => readKnownId(session, table));
    } catch {
      // The next look asks the shard again.
      return;
    }
    if (known >= readId) this.#knownTo = readId;
    else this.#forget(new IdsForgottenError(readId, known));
  }

  /** Gives the table up. Whoever takes it next reads anew what its database has. */
  #forget(error: IdsForgottenError): IdsForgottenError {
    if (this.#forgotten === undefined) {
      this.#forgotten = error;
      this.#parts.forgotten(error);
      this.end();
    }
    return error;
  }

  async #run(
    { table, flow, ended, log }: TableWorkParts,
    lease: TableLease,
    publisher: Publisher,
  ): Promise<void> {
    try {
      await this.#relay.run(this.#end.signal);
    } catch (error) {
      flow.failed((error as Error).message);
      log.warn({ table, ...logged(error) }, 'table given up');
    }
    if (this.#forgotten === undefined) ended(this.#relay.settledId);
    try {
      await publisher.close();
      await lease.release();
    } catch (error) {
      log.debug({ table, ...logged(error) }, 'lease not released: it runs out');
    }
    this.#failure = undefined;
  }
}
