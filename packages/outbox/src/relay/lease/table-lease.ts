import { performance } from 'node:perf_hooks';
import { acquireLease } from '../../sql/acquire-lease.ts';
import { readRelay, type StoredProgress } from '../../sql/read-relay.ts';
import { releaseLease } from '../../sql/release-lease.ts';
import { type LeaseTicket, renewLease } from '../../sql/renew-lease.ts';
import type { Shards } from '../shards.ts';
import { LEASE_MS, RENEW_MS } from './timing.ts';

/**
 * The right to relay one table of one shard, for as long as the database says so. It prolongs itself by a timer of its
 * own, so that work that takes long, or that waits for Kafka, does not let it run out.
 *
 * The end is counted from before each renewal was sent, so the holder always thinks it ends a little before it does.
 */
export class TableLease {
  readonly ticket: LeaseTicket;
  readonly #shards: Shards;
  readonly #shard: number;
  #endsAt: number;
  #lost = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(shards: Shards, shard: number, ticket: LeaseTicket, endsAt: number) {
    this.#shards = shards;
    this.#shard = shard;
    this.ticket = ticket;
    this.#endsAt = endsAt;
    this.#schedule(RENEW_MS);
  }

  /** Takes the lease of a table, and gives it with what was stored of the table's progress, if it is free. */
  static async acquire(
    shards: Shards,
    shard: number,
    table: string,
    holder: string,
  ): Promise<{ lease: TableLease; progress: StoredProgress } | undefined> {
    return shards.onShard(shard, async (session) => {
      const sentAt = performance.now();
      if (!(await acquireLease(session, table, holder, LEASE_MS))) return undefined;
      const progress = await readRelay(session, table, holder);
      if (progress === undefined) return undefined;
      const ticket = { table, holder, token: progress.token };
      return { lease: new TableLease(shards, shard, ticket, sentAt + LEASE_MS), progress };
    });
  }

  /** Whether it will still be held in `marginMs`. */
  holds(marginMs: number): boolean {
    return !this.#lost && performance.now() + marginMs < this.#endsAt;
  }

  /** Notes that another has taken it. */
  lose(): void {
    this.#lost = true;
  }

  /** Ends renewing and gives the table free, unless it is another's by now. What cannot be told runs out by itself. */
  async release(): Promise<void> {
    this.stop();
    if (this.#lost) return;
    this.#lost = true;
    await this.#shards.onShard(this.#shard, (session) => releaseLease(session, this.ticket));
  }

  /** Ends renewing. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#renew(), ms);
  }

  async #renew(): Promise<void> {
    const timer = this.#timer;
    const sentAt = performance.now();
    let again = RENEW_MS;
    try {
      const held = await this.#shards.onShard(this.#shard, (session) =>
        renewLease(session, this.ticket, LEASE_MS),
      );
      if (held) this.#endsAt = sentAt + LEASE_MS;
      else this.#lost = true;
    } catch {
      // Whoever works under the lease sees it run out; that the shard is down, others report.
      again = RENEW_MS / 4;
    }
    if (!this.#lost && this.#timer === timer) this.#schedule(again);
  }
}
