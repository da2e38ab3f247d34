import { performance } from 'node:perf_hooks';
import type { Message } from './message.ts';
import type { Gate, Logger } from '@ordershard/process';
import { outboxTablesOf, type OutboxTopic } from '../append/topic.ts';
import { readBeats } from '@ordershard/shard-router';
import { OutboxTablesError } from '../errors.ts';
import { deleteMember } from '../sql/delete-member.ts';
import { insertRelay } from '../sql/insert-relay.ts';
import { listMembers } from '../sql/list-members.ts';
import { listRelays, type RelayRow } from '../sql/list-relays.ts';
import { readKnownId } from '../sql/read-known-id.ts';
import { newestIds } from '../sql/newest-ids.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { renewMember } from '../sql/renew-member.ts';
import { checkTables } from './check-tables.ts';
import { Flows } from './flow.ts';
import { ForgottenWatch } from './forgotten-ids.ts';
import { OutboxWatch } from './outbox-watch.ts';
import { pause } from './pause.ts';
import { retryPause } from './pace.ts';
import { PROBE_MS, TransactionWatch } from './progress/transaction-watch.ts';
import type { Publisher } from './publisher.ts';
import { logged } from './retrying.ts';
import { shareOut } from './sharing.ts';
import type { Shards } from './shards.ts';
import { TableWork } from './table-work.ts';
import { TwinWatch } from './twin-watch.ts';

/** How long a relay counts as alive after its last sign of life: several of its rounds. */
const MEMBER_MS = 4_000;

/** Any relay takes a table that has been free for this long: the relay whose share it is seems unable to take it. */
const ORPHAN_MS = 3_000;

/** After this, another process of the same name is really a second one, and not a dead predecessor of this process. */
const TWIN_MS = 2 * MEMBER_MS;

/**
 * Gaps that have been open for this long are reported, and how often the log repeats it. Milliseconds. With a server's
 * default settings, ids that were rolled back are closed by then, even where the relay can judge by the rows alone.
 */
const LONG_GAP_MS = 60_000;
const TELL_GAPS_MS = 60_000;

/** What the relays of all shards share in one process. */
export interface RelayParts {
  readonly shards: Shards;
  readonly topic: OutboxTopic;
  /** The name of this process in `outbox_relays`. A process that restarts under the same name takes its tables back. */
  readonly holder: string;
  /** Its name in `outbox_members`: the same, followed by a token of the process if the name was configured. */
  readonly instance: string;
  /** All sends pass this gate. */
  readonly gate: Gate;
  readonly toMessage: (row: OutboxRow) => Message;
  /** A publisher of its own for each table. */
  readonly connect: (table: string) => Publisher;
  /** Called with the rows that were published. */
  readonly published?: ((shard: number, rows: readonly OutboxRow[]) => void) | undefined;
  readonly log: Logger;
}

/**
 * Relays the outbox tables of one shard: its share of them among the relays that are alive, and every table that no other
 * relay takes. When a table becomes another relay's, this one drains it and hands it over.
 */
export class ShardRelay {
  readonly shard: number;
  readonly #parts: RelayParts;
  readonly #log: Logger;
  readonly #transactions: TransactionWatch;
  readonly #watch: OutboxWatch;
  readonly #running = new Map<string, TableWork>();
  /** The flows of the tables that this relay has to publish, whether it publishes them or not. */
  readonly #flows = new Flows();
  readonly #twins: TwinWatch;
  readonly #forgotten = new ForgottenWatch();
  #state: 'starting' | 'up' | 'down' | 'refused' = 'starting';
  #problem: string | undefined;
  #published = 0;
  /** The transaction that may fill the gaps that have been open for long, in words. */
  #gapHolder: string | undefined;
  #gapsToldAt = -Infinity;

  constructor(parts: RelayParts, shard: number) {
    this.#parts = parts;
    this.shard = shard;
    this.#log = parts.log.child({ shard });
    this.#transactions = new TransactionWatch(parts.shards, shard);
    this.#twins = new TwinWatch(parts.holder, parts.instance, TWIN_MS);
    this.#watch = new OutboxWatch((tables) =>
      parts.shards.onShard(shard, (session) => newestIds(session, tables)),
    );
  }

  /** What the relay is doing, for the health report. */
  get status() {
    const running = [...this.#running.values()];
    const now = performance.now();
    const twin = this.#twins.twin(now);
    const tables = running.map(({ status }) => status);
    const old = tables.filter(({ oldestGapMs }) => oldestGapMs >= LONG_GAP_MS);
    const forgotten = this.#forgotten.tables.map(({ table, published, known }) => ({
      table,
      published: published.toString(),
      known: known.toString(),
    }));
    return {
      shard: this.shard,
      state: this.#state,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      published: this.#published,
      failing: running.flatMap(({ failure }) => failure ?? []),
      stalled: this.#flows.stalls(now),
      ...(twin === undefined ? {} : { twin }),
      ...(this.#transactions.allowed ? {} : { blind: true }),
      ...(forgotten.length === 0 ? {} : { forgotten }),
      ...(old.length === 0 ? {} : { longGaps: { tables: old, holder: this.#gapHolder } }),
      tables,
    };
  }

  /** Looks for new rows at once, because something was written. */
  wake(): void {
    this.#watch.poke();
  }

  /**
   * Relays until `signal` aborts, then releases its tables. While the shard fails, it retries; it stops relaying a shard that
   * is refused. Never throws.
   */
  async run(signal: AbortSignal): Promise<void> {
    const watching = this.#watch.run(() => [...this.#running.values()], signal);
    for (let failures = 0; !signal.aborted && this.#state !== 'refused'; failures += 1) {
      try {
        await this.#setUp();
        await this.#tend(signal, () => (failures = 0));
      } catch (error) {
        this.#fail(error);
        await pause(retryPause(failures), signal);
      }
    }
    await this.#leave();
    await watching;
  }

  #fail(error: unknown): void {
    const refused = error instanceof OutboxTablesError;
    if (this.#state === 'up' || this.#problem === undefined) {
      this.#log.warn(logged(error), refused ? 'shard refused' : 'shard does not answer');
    }
    this.#state = refused ? 'refused' : 'down';
    // For now the shard is the reason why its tables do not move.
    this.#flows.excuse(performance.now());
    this.#problem = (error as Error).message;
  }

  /** Checks that this release can relay the shard, and creates the rows of its leases. */
  async #setUp(): Promise<void> {
    const { shards, topic } = this.#parts;
    await shards.onShard(this.shard, async (session) => {
      await checkTables(session, topic);
      for (const table of outboxTablesOf(topic)) await insertRelay(session, table);
    });
    await this.#judgeForgotten();
  }

  /** Takes tables and hands them over. Looks at the shard's open transactions while there are gaps. */
  async #tend(signal: AbortSignal, answered: () => void): Promise<void> {
    while (!signal.aborted) {
      await this.#share();
      answered();
      if (this.#state !== 'up') this.#log.info('shard answers');
      this.#state = 'up';
      this.#problem = undefined;
      if ([...this.#running.values()].some(({ gaps }) => gaps > 0)) await this.#transactions.look();
      await this.#tellOfGaps();
      if (this.#forgotten.pending) await this.#judgeForgotten();
      await pause(PROBE_MS * (1 + Math.random() / 4), signal);
    }
  }

  /**
   * Logs which transaction may fill the gaps that have been open for long. Such a transaction holds up only what it commits
   * itself.
   */
  async #tellOfGaps(): Promise<void> {
    const old = this.status.longGaps?.tables ?? [];
    if (old.length === 0) {
      this.#gapHolder = undefined;
      return;
    }
    this.#gapHolder = await this.#transactions.describeOldest();
    const now = performance.now();
    if (now - this.#gapsToldAt < TELL_GAPS_MS) return;
    this.#gapsToldAt = now;
    this.#log.warn(
      { tables: old, oldestWriter: this.#gapHolder },
      'ids are open for long: a transaction that may have taken them has not ended',
    );
  }

  /** Logs the tables whose database has forgotten published ids, unless the shard was recovered since then. */
  async #judgeForgotten(): Promise<void> {
    const beats = await this.#parts.shards.onShard(this.shard, (session) => readBeats(session));
    const own = beats.find((beat) => beat.shard === this.shard);
    for (const { table, published, known } of this.#forgotten.judge(own?.incarnation ?? 1))
      this.#log.error(
        { table, published: published.toString(), known: known.toString() },
        'the database has forgotten events that were published: was there a fail-over to one that lacked them?',
      );
  }

  /**
   * Reports that this relay is alive, takes the free tables of its share, and hands over tables that no longer belong to it.
   */
  async #share(): Promise<void> {
    const { shards, topic, holder, instance } = this.#parts;
    const now = performance.now();
    const { relays, members } = await shards.onShard(this.shard, async (session) => {
      await renewMember(session, instance, MEMBER_MS);
      return { relays: await listRelays(session), members: await listMembers(session) };
    });
    // A table that is not listed belongs to another engine now, which waits until this relay lets go of it.
    const listed = new Set(relays.map(({ table }) => table));
    for (const [table, work] of this.#running) if (!listed.has(table)) work.end();
    const share = shareOut(outboxTablesOf(topic), members, this.shard);
    this.#watchFlows(relays, share);
    const told = this.#twins.twin(now) !== undefined;
    this.#twins.observe(members, now);
    if (!told && this.#twins.twin(now) !== undefined)
      this.#log.warn({ instance: holder }, 'another process runs under the same ORDERSHARD_INSTANCE_ID');
    for (const relay of relays.filter(({ table }) => share.has(table))) {
      const mine = share.get(relay.table) === instance;
      const running = this.#running.get(relay.table);
      if (running !== undefined && !mine) running.end();
      if (running === undefined && this.#mayTake(relay, mine)) await this.#take(relay.table);
    }
  }

  /** Watches the tables of this relay, except those that another relay still has to hand over. */
  #watchFlows(relays: readonly RelayRow[], share: ReadonlyMap<string, string>): void {
    const now = performance.now();
    const mine = new Set(
      relays
        .filter(
          ({ table, freeMs }) =>
            this.#running.has(table) || (share.get(table) === this.#parts.instance && freeMs >= 0),
        )
        .map(({ table }) => table),
    );
    this.#flows.keep(mine, now);
  }

  #mayTake({ holder, freeMs }: RelayRow, mine: boolean): boolean {
    // A process that restarts under its name need not wait for the lease of its predecessor, once no twin is seen.
    const free = freeMs >= 0 || (holder === this.#parts.holder && !this.#twins.seen);
    return free && (mine || freeMs >= ORPHAN_MS);
  }

  async #take(table: string): Promise<void> {
    const { shards, holder, gate, toMessage, connect, published } = this.#parts;
    if (this.#forgotten.publishedOf(table) > 0n)
      this.#forgotten.seen(table, await shards.onShard(this.shard, (session) => readKnownId(session, table)));
    const { incarnation } = this.#forgotten;
    const work = await TableWork.take({
      shards,
      shard: this.shard,
      table,
      holder,
      gate,
      toMessage,
      connect: () => connect(table),
      latestProbe: () => this.#transactions.latest,
      flow: this.#flows.of(table, performance.now()),
      published: (rows) => {
        this.#published += rows.length;
        published?.(this.shard, rows);
      },
      ended: (publishedId) => {
        if (this.#forgotten.incarnation === incarnation) this.#forgotten.publishedTo(table, publishedId);
      },
      forgotten: ({ published: id, known }) => {
        if (this.#forgotten.incarnation === incarnation)
          this.#forgotten.doubt({ table, published: id, known });
      },
      log: this.#log,
    });
    if (work === undefined) return;
    this.#running.set(table, work);
    void work.done.then(() => this.#running.delete(table));
  }

  /** Removes this relay from the members and releases all its tables. */
  async #leave(): Promise<void> {
    const { shards, instance } = this.#parts;
    const running = [...this.#running.values()];
    for (const work of running) work.end();
    try {
      await shards.onShard(this.shard, (session) => deleteMember(session, instance));
    } catch (error) {
      this.#log.debug(logged(error), 'still a member: it is forgotten by itself');
    }
    await Promise.all(running.map(({ done }) => done));
  }
}
