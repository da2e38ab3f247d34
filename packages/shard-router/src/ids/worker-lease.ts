import { ShardUnavailableError } from '../errors.ts';
import { WORKER_SLOTS } from '../topology/config.ts';
import type { ShardSession } from '../pools/session.ts';
import { findFreeSlots, type FreeSlot, releaseSlot, renewSlot, takeSlot } from '../sql/worker-leases.ts';
import type { WorkerWindow } from './generator.ts';
import { WORKERS } from './snowflake.ts';

/** Runs `fn` with a session that may write the leases of a shard. */
export type OnShard = <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/** How long a lease lasts. Numbers can be drawn for so long while no shard answers. */
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
/** How long a shard may take to answer. A lease outlives two that do not, and the look for another one. */
const ANSWER_MS = 1_500;

interface Held extends WorkerWindow {
  readonly shard: number;
  readonly slot: number;
  readonly token: string;
}

/**
 * Holds a worker id, leased from any one shard, and renews it. The lease row stores the highest millisecond that its
 * holder may use and the next holder starts above, so a holder that was paused past its lease draws nothing twice.
 */
export class WorkerLease {
  readonly #shards: readonly number[];
  readonly #onShard: OnShard;
  readonly #holder: string;
  readonly #timer: NodeJS.Timeout;
  #held: Held | undefined;
  #busy: Promise<void> = Promise.resolve();
  #hurried = false;
  #stopped = false;

  private constructor(shards: readonly number[], onShard: OnShard, holder: string) {
    this.#shards = shards.filter((shard) => (shard + 1) * WORKER_SLOTS <= WORKERS);
    this.#onShard = onShard;
    this.#holder = holder;
    this.#timer = setInterval(() => void this.#keep(), RENEW_MS);
    this.#timer.unref();
  }

  /** Leases a worker id from one of `shards`, trying them in a random turn, and keeps it. */
  static async start(shards: readonly number[], onShard: OnShard, holder: string): Promise<WorkerLease> {
    const lease = new WorkerLease(shards, onShard, holder);
    await lease.#keep();
    return lease;
  }

  /** What may be drawn now; nothing while no shard gives a lease. */
  window(): WorkerWindow | undefined {
    return this.#held;
  }

  /**
   * Gives the worker id back.
   *
   * @param lastDrawnMs the last millisecond that was drawn in, asked when nothing more can be drawn. The clock alone does
   * not tell it: it may have gone back since.
   */
  async stop(lastDrawnMs: () => number): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#busy;
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    const lastMs = Math.max(held.fromMs, lastDrawnMs(), Math.min(Date.now(), held.untilMs));
    await this.#ask(held.shard, (session) => releaseSlot(session, held.slot, held.token, lastMs)).catch(
      () => undefined, // The lease then runs out by itself.
    );
  }

  /** Renews, or leases anew, now. */
  hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    void this.#keep().finally(() => {
      this.#hurried = false;
    });
  }

  /** Renews, or leases anew; never twice at once. */
  #keep(): Promise<void> {
    this.#busy = this.#busy.then(() => this.#renewOrTake());
    return this.#busy;
  }

  async #renewOrTake(): Promise<void> {
    if (this.#stopped) return;
    const held = this.#held;
    if (held !== undefined && (await this.#renew(held))) return;
    for (const shard of this.#turn()) {
      const taken = await this.#ask(shard, (session) => this.#take(session)).catch(() => undefined);
      if (taken === undefined) continue;
      this.#held = taken;
      return;
    }
  }

  /** True as long as there is no better lease to be had: one that could not be asked about still covers its window. */
  async #renew(held: Held): Promise<boolean> {
    const untilMs = Math.max(held.untilMs, Date.now() + LEASE_MS);
    try {
      const renewed = await this.#ask(held.shard, (session) =>
        renewSlot(session, held.slot, held.token, LEASE_MS, untilMs),
      );
      this.#held = renewed ? { ...held, untilMs } : undefined;
      return renewed;
    } catch {
      return Date.now() + RENEW_MS < held.untilMs;
    }
  }

  async #take(session: ShardSession): Promise<Held | undefined> {
    const free = await findFreeSlots(session);
    while (free.length > 0) {
      const [slot] = free.splice(Math.floor(Math.random() * free.length), 1) as [FreeSlot];
      const fromMs = Number(slot.high_water_ms) + 1;
      const untilMs = Math.max(fromMs, Date.now() + LEASE_MS);
      if (!(await takeSlot(session, slot, this.#holder, LEASE_MS, untilMs))) continue;
      const token = (BigInt(slot.token) + 1n).toString();
      const worker = session.shard * WORKER_SLOTS + slot.slot;
      return { shard: session.shard, slot: slot.slot, token, worker, fromMs, untilMs };
    }
    return undefined;
  }

  /** Asks a shard, and gives up on one that hangs. What it still does then harms nobody: a slot lies idle for a while. */
  async #ask<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new ShardUnavailableError(shard, `no answer about a worker lease in ${ANSWER_MS} ms`)),
        ANSWER_MS,
      );
    });
    try {
      return await Promise.race([this.#onShard(shard, fn), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #turn(): readonly number[] {
    const start = Math.floor(Math.random() * this.#shards.length);
    return [...this.#shards.slice(start), ...this.#shards.slice(0, start)];
  }
}
