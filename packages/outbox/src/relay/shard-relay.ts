import type { Envelope } from '@ordershard/order-events';
import type { Logger } from '@ordershard/process';
import { outboxTablesOf, type OutboxTopic } from '../append/topic.ts';
import { OutboxTablesError } from '../errors.ts';
import { insertRelay } from '../sql/insert-relay.ts';
import { listRelays } from '../sql/list-relays.ts';
import { type OutboxRow, readOutbox } from '../sql/read-outbox.ts';
import type { StoredProgress } from '../sql/read-relay.ts';
import { saveProgress } from '../sql/save-progress.ts';
import { checkTables } from './check-tables.ts';
import { TableLease } from './lease/table-lease.ts';
import { pause } from './pause.ts';
import { retryPause } from './pace.ts';
import { logged } from './retrying.ts';
import { decodeRanges } from './progress/id-range.ts';
import { PROBE_MS, TransactionWatch } from './progress/transaction-watch.ts';
import { Watermark } from './progress/watermark.ts';
import type { Publisher } from './publisher.ts';
import type { Shards } from './shards.ts';
import { TableRelay } from './table-relay.ts';

/** After taking a table, the next is taken this much later for each that is held, so that others get their share. */
const SHARE_MS = 25;

/** What all shards' relays of a process have in common. */
export interface RelayParts {
  readonly shards: Shards;
  readonly topic: OutboxTopic;
  /** Who this process is in `outbox_relays`. */
  readonly holder: string;
  readonly toMessage: (row: OutboxRow) => Envelope;
  /** A publisher of its own for each table. */
  readonly connect: (table: string) => Publisher;
  readonly log: Logger;
}

/** A table that is being relayed. */
interface Running {
  readonly relay: TableRelay;
  readonly done: Promise<void>;
}

/** Takes the leases of one shard's outbox tables as they are free, and relays what it holds. */
export class ShardRelay {
  readonly shard: number;
  readonly #parts: RelayParts;
  readonly #log: Logger;
  readonly #watch: TransactionWatch;
  readonly #running = new Map<string, Running>();
  /** Tables whose last attempt to publish has failed. */
  readonly #failing = new Set<string>();
  #state: 'starting' | 'up' | 'down' | 'refused' = 'starting';
  #problem: string | undefined;
  #published = 0;

  constructor(parts: RelayParts, shard: number) {
    this.#parts = parts;
    this.shard = shard;
    this.#log = parts.log.child({ shard });
    this.#watch = new TransactionWatch(parts.shards, shard);
  }

  /** What it is doing, for its health. */
  get status() {
    return {
      shard: this.shard,
      state: this.#state,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      published: this.#published,
      failing: this.#failing.size,
      tables: [...this.#running].map(([table, { relay }]) => ({
        table,
        settledId: relay.settledId.toString(),
        gaps: relay.gaps,
      })),
    };
  }

  /** Relays until `signal` aborts, whatever becomes of the shard meanwhile, and gives its tables free. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted && this.#state !== 'refused'; failures += 1) {
      try {
        await this.#setUp();
        await this.#tend(signal, () => (failures = 0));
      } catch (error) {
        this.#fail(error);
        await pause(retryPause(failures), signal);
      }
    }
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #fail(error: unknown): void {
    const refused = error instanceof OutboxTablesError;
    if (this.#state === 'up' || this.#problem === undefined) {
      this.#log.warn(logged(error), refused ? 'shard refused' : 'shard does not answer');
    }
    this.#state = refused ? 'refused' : 'down';
    this.#problem = (error as Error).message;
  }

  /** Checks that the shard is one that this release can relay, and makes the rows of its leases. */
  async #setUp(): Promise<void> {
    const { shards, topic } = this.#parts;
    await shards.onShard(this.shard, async (session) => {
      await checkTables(session, topic);
      for (const table of outboxTablesOf(topic)) await insertRelay(session, table);
    });
  }

  /** Takes free tables, one at a time, and looks at the shard's transactions while there are gaps. */
  async #tend(signal: AbortSignal, answered: () => void): Promise<void> {
    while (!signal.aborted) {
      const table = await this.#freeTable();
      answered();
      if (this.#state !== 'up') this.#log.info('shard answers');
      this.#state = 'up';
      this.#problem = undefined;
      if (table !== undefined) await this.#take(table, signal);
      if ([...this.#running.values()].some(({ relay }) => relay.gaps > 0)) await this.#watch.look();
      await pause(
        table === undefined ? PROBE_MS * (1 + Math.random()) : SHARE_MS * this.#running.size,
        signal,
      );
    }
  }

  /** A table that nobody relays, any of them. */
  async #freeTable(): Promise<string | undefined> {
    const { shards, topic, holder } = this.#parts;
    const relays = await shards.onShard(this.shard, listRelays);
    const ours = new Set(outboxTablesOf(topic));
    const free = relays.filter(
      (relay) =>
        ours.has(relay.table) && !this.#running.has(relay.table) && (relay.free || relay.holder === holder),
    );
    return free[Math.floor(Math.random() * free.length)]?.table;
  }

  async #take(table: string, signal: AbortSignal): Promise<void> {
    const { shards, holder } = this.#parts;
    const taken = await TableLease.acquire(shards, this.shard, table, holder);
    if (taken === undefined) return;
    const { lease, progress } = taken;
    this.#log.info({ table, token: progress.token.toString() }, 'table taken');
    const publisher = this.#parts.connect(table);
    const relay = this.#tableRelay(table, lease, progress, publisher);
    this.#running.set(table, { relay, done: this.#work(table, lease, publisher, relay, signal) });
  }

  #tableRelay(table: string, lease: TableLease, progress: StoredProgress, publisher: Publisher): TableRelay {
    const { shards, toMessage } = this.#parts;
    return new TableRelay(
      {
        read: (range, limit) =>
          shards.onShard(this.shard, (session) => readOutbox(session, table, range, limit)),
        save: (settledId, gaps) =>
          shards.onShard(this.shard, (session) => saveProgress(session, lease.ticket, settledId, gaps)),
        toMessage,
        publisher,
        lease,
        latestProbe: () => this.#watch.latest,
        published: (rows) => {
          this.#published += rows;
          this.#failing.delete(table);
        },
        failed: (error, failures) => {
          this.#failing.add(table);
          if (failures === 1)
            this.#log.warn({ table, ...logged(error) }, 'publishing failed; it is tried again');
        },
        pause,
      },
      new Watermark(progress.settledId, decodeRanges(progress.gaps), performance.now()),
    );
  }

  /** Relays a table until the end of its lease or of the process. Never throws. */
  async #work(
    table: string,
    lease: TableLease,
    publisher: Publisher,
    relay: TableRelay,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await relay.run(signal);
    } catch (error) {
      this.#log.warn({ table, ...logged(error) }, 'table given up');
    }
    try {
      await publisher.close();
      await lease.release();
    } catch (error) {
      this.#log.debug({ table, ...logged(error) }, 'lease not released: it runs out');
    }
    this.#failing.delete(table);
    this.#running.delete(table);
  }
}
