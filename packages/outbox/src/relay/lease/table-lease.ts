import { performance } from 'node:perf_hooks';
import { acquireLease } from '../../sql/acquire-lease.ts';
import { readRelay, type StoredProgress } from '../../sql/read-relay.ts';
import { releaseLease } from '../../sql/release-lease.ts';
import { type LeaseTicket, renewLease } from '../../sql/renew-lease.ts';
import type { Shards } from '../shards.ts';
import { LEASE_MS, RENEW_MS } from './timing.ts';

/**
 * The right to relay one table of one shard, for as long as the database says so. The lease renews itself by its own timer,
 * so it does not run out during long work or while the relay waits for Kafka.
 *
 * The holder counts the end from before it sent each renewal, so it always expects the end a little too early.
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

  /**
   * Takes the lease of a table if it is free, and resolves to the lease with the table's stored progress; else to undefined.
   */
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

  /** Whether this lease will still be held in `marginMs` milliseconds. */
  holds(marginMs: number): boolean {
    return !this.#lost && performance.now() + marginMs < this.#endsAt;
  }

  /** Notes that another relay has taken the lease. */
  lose(): void {
    this.#lost = true;
  }

  /**
   * Stops renewing and releases the table, unless another relay has it by now. If the shard does not answer, the lease runs
   * out.
   */
  async release(): Promise<void> {
    this.stop();
    if (this.#lost) return;
    this.#lost = true;
    await this.#shards.onShard(this.#shard, (session) => releaseLease(session, this.ticket));
  }

  /** Stops renewing. */
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
      // The user of the lease sees it run out. Other parts report that the shard is down.
      again = RENEW_MS / 4;
    }
    if (!this.#lost && this.#timer === timer) this.#schedule(again);
  }
}
