import { ClockApartError, ShardUnavailableError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { findFreeSlots, type FreeSlot, releaseSlot, renewSlot, takeSlot } from '../sql/worker-leases.ts';
import type { WorkerWindow } from './generator.ts';
import { hasOwnWorkers, workerRange } from './snowflake.ts';

/** Runs `fn` with a session that may write the leases of a shard. */
export type OnShard = <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/** How long a lease lasts. While no shard answers, numbers can still be drawn for this long. */
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
/** How long a shard may take to answer. A lease outlives two that do not, and the look for another one. */
const ANSWER_MS = 1_500;

/** A process whose clock differs more from the database's gets no lease. No fence accepts a new number from further ahead. */
const MAX_CLOCK_DIFFERENCE_MS = 5_000;

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
  readonly #shards: () => readonly number[];
  readonly #onShard: OnShard;
  readonly #holder: string;
  readonly #timer: NodeJS.Timeout;
  #held: Held | undefined;
  #apart: ClockApartError | undefined;
  #busy: Promise<void> = Promise.resolve();
  #hurried = false;
  #stopped = false;

  private constructor(shards: () => readonly number[], onShard: OnShard, holder: string) {
    this.#shards = shards;
    this.#onShard = onShard;
    this.#holder = holder;
    this.#timer = setInterval(() => void this.#keep(), RENEW_MS);
    this.#timer.unref();
  }

  /**
   * Leases a worker id from one of the shards, trying them in random order, and keeps it.
   *
   * @param shards returns the shards that exist when a lease is looked for
   */
  static async start(
    shards: () => readonly number[],
    onShard: OnShard,
    holder: string,
  ): Promise<WorkerLease> {
    const lease = new WorkerLease(shards, onShard, holder);
    await lease.#keep();
    return lease;
  }

  /**
   * Returns what may be drawn now; undefined while no shard gives a lease.
   *
   * @throws ClockApartError when no shard gives one because of this process's clock
   */
  window(): WorkerWindow | undefined {
    if (this.#held === undefined && this.#apart !== undefined) throw this.#apart;
    return this.#held;
  }

  /**
   * Gives the worker id back.
   *
   * @param lastDrawnMs returns the last millisecond in which a number was drawn; called when nothing more can be drawn. The
   *   clock alone does not show it: it may have gone back since.
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

  /** Renews the lease, or takes a new one, now. */
  hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    void this.#keep().finally(() => {
      this.#hurried = false;
    });
  }

  /** Renews the lease, or takes a new one; never twice at once. */
  #keep(): Promise<void> {
    this.#busy = this.#busy.then(() => this.#renewOrTake());
    return this.#busy;
  }

  async #renewOrTake(): Promise<void> {
    if (this.#stopped) return;
    const held = this.#held;
    if (held !== undefined && (await this.#renew(held))) return;
    let apart: ClockApartError | undefined;
    for (const shard of this.#turn()) {
      try {
        const taken = await this.#ask(shard, (session) => this.#take(session));
        if (taken === undefined) continue;
        this.#held = taken;
        this.#apart = undefined;
        return;
      } catch (error) {
        if (error instanceof ClockApartError) apart = error;
      }
    }
    this.#apart = apart;
  }

  /**
   * Returns whether to stay with this lease: it was renewed, or its shard could not be asked and it lasts past the next
   * renewal.
   */
  async #renew(held: Held): Promise<boolean> {
    const askedMs = Date.now();
    try {
      const untilMs = await this.#ask(held.shard, (session) =>
        renewSlot(session, held.slot, held.token, LEASE_MS),
      );
      const kept = untilMs !== undefined && aheadMs(askedMs, untilMs - LEASE_MS) === 0;
      // A lease that is not kept because of the clock runs out by itself.
      this.#held = kept ? { ...held, untilMs } : undefined;
      return kept;
    } catch {
      return Date.now() + RENEW_MS < held.untilMs;
    }
  }

  async #take(session: ShardSession): Promise<Held | undefined> {
    const { shard } = session;
    const askedMs = Date.now();
    const free = await findFreeSlots(session);
    const [one] = free;
    const ahead = one === undefined ? 0 : aheadMs(askedMs, Number(one.now_ms));
    if (ahead !== 0) throw new ClockApartError(shard, ahead);
    while (free.length > 0) {
      const [found] = free.splice(Math.floor(Math.random() * free.length), 1) as [FreeSlot];
      const { slot } = found;
      const untilMs = await takeSlot(session, found, this.#holder, LEASE_MS);
      if (untilMs === undefined) continue;
      const token = (BigInt(found.token) + 1n).toString();
      return { ...workerRange(shard, slot), shard, slot, token, fromMs: Number(found.from_ms), untilMs };
    }
    return undefined;
  }

  /**
   * Asks a shard, and gives up when it hangs. If the shard still does the work later, no harm comes of it: a slot lies idle
   * for a while.
   */
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

  /**
   * Returns the shards, beginning at a random one. Those with worker ids of their own come first: more numbers can be drawn
   * with them.
   */
  #turn(): readonly number[] {
    const shards = this.#shards();
    const start = Math.floor(Math.random() * shards.length);
    const turn = [...shards.slice(start), ...shards.slice(0, start)];
    return [...turn.filter(hasOwnWorkers), ...turn.filter((shard) => !hasOwnWorkers(shard))];
  }
}

/**
 * Returns how far this process's clock is ahead of a database's, negative when behind; 0 while the difference is small
 * enough. The database has read its clock at some moment since `askedMs`: of these moments, the one with the smallest
 * difference counts.
 */
function aheadMs(askedMs: number, databaseMs: number): number {
  const ahead = askedMs - databaseMs;
  const behind = databaseMs - Date.now();
  if (ahead > MAX_CLOCK_DIFFERENCE_MS) return ahead;
  return behind > MAX_CLOCK_DIFFERENCE_MS ? -behind : 0;
}
