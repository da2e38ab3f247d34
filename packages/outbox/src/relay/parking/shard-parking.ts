import { performance } from 'node:perf_hooks';
import { TooManyParkedError } from '../../errors.ts';
import type { OutboxRow } from '../../sql/outbox-row.ts';
import { deleteReleased } from '../../sql/parked/delete-released.ts';
import { insertParked } from '../../sql/parked/insert-parked.ts';
import { listHeldKeys } from '../../sql/parked/list-held-keys.ts';
import { readReleased } from '../../sql/parked/read-released.ts';
import type { Shards } from '../shards.ts';
import type { Parked, Released, TableParking } from './table-parking.ts';

/** How often it is looked whether operators have released anything. */
const LOOK_MS = 1_000;

/** So many orders of a table may be held. With more, it is not they that are bad. */
const MOST_KEYS = 1_000;

/** The parked rows of one table in the shard's `outbox_parked`, read when the table is taken. */
export class ShardParking implements TableParking {
  readonly #shards: Shards;
  readonly #shard: number;
  readonly #table: string;
  readonly #held = new Set<string>();
  #lookedAt = -Infinity;

  constructor(shards: Shards, shard: number, table: string) {
    this.#shards = shards;
    this.#shard = shard;
    this.#table = table;
  }

  /** Learns which orders are held, before anything is published. */
  async load(): Promise<void> {
    for (const { key } of await this.#keys()) this.#held.add(key);
  }

  holds({ aggregateId }: OutboxRow): boolean {
    return this.#held.size > 0 && this.#held.has(aggregateId);
  }

  async park(rows: readonly Parked[]): Promise<void> {
    const keys = new Set(rows.map(({ row }) => row.aggregateId));
    if (new Set([...this.#held, ...keys]).size > MOST_KEYS)
      throw new TooManyParkedError(`${this.#table}: more than ${MOST_KEYS} orders are refused`);
    const byReason = Map.groupBy(rows, ({ reason }) => reason);
    await this.#shards.onShard(this.#shard, async (session) => {
      for (const [reason, same] of byReason)
        await insertParked(
          session,
          this.#table,
          same.map(({ row }) => row.id),
          reason,
        );
    });
    for (const key of keys) this.#held.add(key);
  }

  async released(): Promise<readonly Released[]> {
    if (this.#held.size === 0 || performance.now() - this.#lookedAt < LOOK_MS) return [];
    const keys = await this.#keys();
    this.#lookedAt = performance.now();
    // Orders of which all was discarded, and nothing waited.
    this.#held.clear();
    for (const { key } of keys) this.#held.add(key);
    return Promise.all(
      keys
        .filter(({ released }) => released)
        .map(async ({ key }) => ({
          key,
          rows: await this.#shards.onShard(this.#shard, (session) => readReleased(session, this.#table, key)),
        })),
    );
  }

  forget(key: string): void {
    this.#held.delete(key);
  }

  hold(key: string): void {
    this.#held.add(key);
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

  #keys(): Promise<readonly { readonly key: string; readonly released: boolean }[]> {
    return this.#shards.onShard(this.#shard, (session) => listHeldKeys(session, this.#table));
  }
}
