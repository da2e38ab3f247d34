import { performance } from 'node:perf_hooks';
import { inTransaction, type ShardSession } from '@ordershard/shard-router';
import {
  holdLease,
  type LeaseName,
  lockLease,
  prolongLease,
  readLease,
  releaseLease,
  takeLease,
  type LeaseRow,
} from '../sql/leases.ts';
import { OperationLeaseLostError, ShardBusyError } from './errors.ts';

/** Runs `fn` with an operator's session of a shard. */
export type OnShard = <T>(shard: number, fn: (session: ShardSession) => Promise<T>) => Promise<T>;

/** Who wants a lease, and what for. */
export interface LeaseRequest {
  /** Who: a process that can be found, such as `user@host:pid`. */
  readonly holder: string;
  /** What for, as the next operator reads it, such as `move of 12 buckets to shard 3`. */
  readonly what: string;
  /** Which lease of the shard; default: the one to operate it. */
  readonly name?: LeaseName;
  /** The token must be above this one, which other shards have seen. */
  readonly above?: bigint;
  /** For how long the shard stays taken after the holder was last seen alive. Milliseconds, 15,000 by default. */
  readonly leaseMs?: number;
}

const LEASE_MS = 15_000;
/** How often a lease is renewed within its time. */
const BEATS = 5;

/**
 * The right to operate one shard: to move its buckets, to drop its days, to change its epochs. One holder at a time. It
 * renews itself by a timer of its own, so that it does not run out during long work. The clock does not decide whether it is
 * held: {@link check} does, in the transaction of each durable step.
 */
export class OperationLease {
  readonly shard: number;
  /** Rises with each holder of the shard's lease. */
  readonly token: bigint;
  readonly #onShard: OnShard;
  readonly #name: LeaseName;
  readonly #leaseMs: number;
  readonly #lost = new AbortController();
  #seenAt: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    onShard: OnShard,
    shard: number,
    name: LeaseName,
    token: bigint,
    leaseMs: number,
    seenAt: number,
  ) {
    this.#onShard = onShard;
    this.shard = shard;
    this.#name = name;
    this.token = token;
    this.#leaseMs = leaseMs;
    this.#seenAt = seenAt;
    this.#schedule();
  }

  /**
   * Takes the lease of a shard if it is free, or its holder was not seen for the time of its lease.
   *
   * @throws ShardBusyError saying who holds it, for what, and since when
   */
  static async acquire(onShard: OnShard, shard: number, request: LeaseRequest): Promise<OperationLease> {
    const { holder, what, name = 'shard', above = 0n, leaseMs = LEASE_MS } = request;
    return onShard(shard, async (session) => {
      // Read without a lock first: those who ask must not delay the holder's steps.
      refuse(shard, await readLease(session, name));
      const seenAt = performance.now();
      const token = await inTransaction(session, async () => {
        const row = await lockLease(session, name);
        refuse(shard, row);
        const last = BigInt(row.token);
        const next = (last > above ? last : above) + 1n;
        await takeLease(session, name, holder.slice(0, 128), what.slice(0, 255), next, leaseMs);
        return next;
      });
      return new OperationLease(onShard, shard, name, token, leaseMs, seenAt);
    });
  }

  /** Aborts, with the error as its reason, when the lease is known to be lost, or could not be renewed in its time. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Checks, in a transaction on this shard, that the lease is still held. Nobody can take it before the transaction ends.
   * Must be the first statement of every durable step.
   *
   * @throws OperationLeaseLostError when it is another's: the transaction must not be committed
   */
  async check(session: ShardSession): Promise<void> {
    this.signal.throwIfAborted();
    if (!(await holdLease(session, this.#name, this.token))) {
      this.#lose();
      this.signal.throwIfAborted();
    }
  }

  /** Renews the lease now: a small durable write. Its duration also shows how long such a write takes. */
  async beat(): Promise<void> {
    await this.#onShard(this.shard, (session) =>
      prolongLease(session, this.#name, this.token, this.#leaseMs),
    );
  }

  /**
   * Stops renewing and releases the shard, unless the lease is another's by now. If the shard cannot be told, the lease runs
   * out by itself.
   */
  async release(): Promise<void> {
    this.stop();
    if (this.signal.aborted) return;
    this.#lose();
    await this.#onShard(this.shard, (session) => releaseLease(session, this.#name, this.token)).catch(
      () => undefined,
    );
  }

  /** Ends renewing, as the death of the process would. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lose(): void {
    this.stop();
    this.#lost.abort(new OperationLeaseLostError(this.shard));
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#prolong(), this.#leaseMs / BEATS);
    this.#timer.unref();
  }

  async #prolong(): Promise<void> {
    const timer = this.#timer;
    const sentAt = performance.now();
    let held: boolean | undefined;
    try {
      held = await this.#onShard(this.shard, (session) =>
        prolongLease(session, this.#name, this.token, this.#leaseMs),
      );
    } catch {
      // Ignored: the work itself finds that the shard is down, and the lease runs out by then.
    }
    if (this.#timer !== timer) return;
    if (held === true) this.#seenAt = sentAt;
    if (held === false || performance.now() - this.#seenAt > this.#leaseMs) this.#lose();
    else this.#schedule();
  }
}

function refuse(shard: number, row: LeaseRow): void {
  if (Number(row.held) === 1) throw new ShardBusyError(shard, row);
}
