import { performance } from 'node:perf_hooks';
import { inTransaction } from '@ordershard/shard-router';
import { TooManyParkedError } from '../../errors.ts';
import type { OutboxRow } from '../../sql/outbox-row.ts';
import { deleteReleased } from '../../sql/parked/delete-released.ts';
import { discardGone, type GoneEvent } from '../../sql/parked/discard-gone.ts';
import { insertParked } from '../../sql/parked/insert-parked.ts';
import { type HeldKey, listHeldKeys } from '../../sql/parked/list-held-keys.ts';
import { readReleased } from '../../sql/parked/read-released.ts';
import { releaseWaiting } from '../../sql/parked/release-waiting.ts';
import { ReadSize } from '../read-size.ts';
import type { Shards } from '../shards.ts';
import type { Parked, TableParking } from './table-parking.ts';

/** How often the relay checks whether operators have released rows, and whether parked rows are gone. */
const LOOK_MS = { released: 1_000, gone: 60_000 } as const;

/** How many orders of a table may be held. With more, the fault is not in the orders. */
const MAX_KEYS = 1_000;

/** The parked rows of one table in the shard's `outbox_parked`, read when the table is taken. */
export class ShardParking implements TableParking {
  readonly #shards: Shards;
  readonly #shard: number;
  readonly #table: string;
  readonly #gone: (events: readonly GoneEvent[]) => void;
  readonly #held = new Set<string>();
  readonly #size = new ReadSize();
  #lookedAt = { released: -Infinity, gone: -Infinity };

  /** @param gone is called with parked events that are passed over, because their rows are gone */
  constructor(shards: Shards, shard: number, table: string, gone: (events: readonly GoneEvent[]) => void) {
    this.#shards = shards;
    this.#shard = shard;
    this.#table = table;
    this.#gone = gone;
  }

  /** Reads which orders are held. Call it before anything is published. */
  async load(): Promise<void> {
    await this.#look();
  }

  holds({ aggregateId }: OutboxRow): boolean {
    return this.#held.size > 0 && this.#held.has(aggregateId);
  }

  async park(rows: readonly Parked[]): Promise<void> {
    const keys = new Set(rows.map(({ row }) => row.aggregateId));
    const tooMany = () => new Set([...this.#held, ...keys]).size > MAX_KEYS;
    // Operators may have discarded some rows, or published them by another relay.
    if (tooMany()) await this.#look();
    if (tooMany()) throw new TooManyParkedError(`${this.#table}: more than ${MAX_KEYS} orders are refused`);
    const byReason = Map.groupBy(rows, ({ reason }) => reason);
    // Park all rows or none: a waiting row would be let go if the refused row before it were missing.
    await this.#shards.onShard(this.#shard, (session) =>
      inTransaction(session, async () => {
        for (const [reason, same] of byReason)
          await insertParked(
            session,
            this.#table,
            same.map(({ row }) => row.id),
            reason,
          );
      }),
    );
    for (const key of keys) this.#held.add(key);
  }

  async released(): Promise<readonly string[]> {
    if (this.#held.size === 0 || performance.now() - this.#lookedAt.released < LOOK_MS.released) return [];
    return (await this.#look()).flatMap(({ key, mayGo }) => (mayGo ? key : []));
  }

  async next(key: string): Promise<readonly OutboxRow[]> {
    return this.#shards.onShard(this.#shard, async (session) => {
      const { below, parked } = await releaseWaiting(session, this.#table, key);
      const rows = await readReleased(session, this.#table, key, below, this.#size.rows);
      this.#size.seen(rows);
      if (!parked) this.#held.delete(key);
      return rows;
    });
  }

  async settle(rows: readonly OutboxRow[]): Promise<void> {
    await this.#shards.onShard(this.#shard, (session) =>
      deleteReleased(
        session,
        this.#table,
        rows.map(({ id }) => id),
      ),
    );
  }

  /** Reads which orders are held. Parked rows that are gone from the outbox hold nothing, so they are discarded first. */
  async #look(): Promise<readonly HeldKey[]> {
    const keys = await this.#shards.onShard(this.#shard, async (session) => {
      const held = await listHeldKeys(session, this.#table);
      const now = performance.now();
      const due = now - this.#lookedAt.gone >= LOOK_MS.gone || held.some(({ mayGo }) => mayGo);
      if (held.length === 0 || !due) return held;
      const gone = await discardGone(session, this.#table);
      this.#lookedAt.gone = now;
      if (gone.length === 0) return held;
      this.#gone(gone);
      return listHeldKeys(session, this.#table);
    });
    this.#lookedAt.released = performance.now();
    this.#held.clear();
    for (const { key } of keys) this.#held.add(key);
    return keys;
  }
}
