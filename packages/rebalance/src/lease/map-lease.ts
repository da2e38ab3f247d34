import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardSession } from '@ordershard/shard-router';
import { holdLease, noteToken, readToken } from '../sql/leases.ts';
import { OperationLeaseLostError, ShardBusyError } from './errors.ts';
import { type LeaseRequest, type OnShard, OperationLease } from './operation-lease.ts';

/** How long to wait for another operation that publishes: one that was killed holds the lease for a while. Milliseconds. */
const WAIT_MS = 20_000;
const LOOK_AGAIN_MS = 50;

/**
 * The right to say who owns what: to prove it over all shards, and to publish it. The shard with the lowest id grants it.
 * Each other shard notes its token, and accepts nothing under a lower one.
 */
export class MapLease {
  readonly #lease: OperationLease;
  readonly #request: LeaseRequest;

  private constructor(lease: OperationLease, request: LeaseRequest) {
    this.#lease = lease;
    this.#request = request;
  }

  /**
   * Takes the lease, and notes its token on all given shards.
   *
   * @param shards the members of the cluster that answer, the one that decides first
   * @throws ShardBusyError when another operation holds it, and still holds it after the wait
   */
  static async acquire(
    onShard: OnShard,
    shards: readonly number[],
    request: Omit<LeaseRequest, 'name' | 'above'>,
  ): Promise<MapLease> {
    const [arbiter, ...others] = shards as [number, ...number[]];
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const seen = await Promise.all(
        others.map((shard) => onShard(shard, (session) => readToken(session, 'map'))),
      );
      const above = seen.reduce((a, b) => (a > b ? a : b), 0n);
      let lease: OperationLease;
      try {
        lease = await OperationLease.acquire(onShard, arbiter, { ...request, name: 'map', above });
      } catch (error) {
        if (!(error instanceof ShardBusyError) || performance.now() > end) throw error;
        await sleep(LOOK_AGAIN_MS);
        continue;
      }
      const taken = new MapLease(lease, request);
      try {
        await Promise.all(others.map((shard) => onShard(shard, (session) => taken.#note(session))));
        return taken;
      } catch (error) {
        await lease.release();
        if (!(error instanceof OperationLeaseLostError) || performance.now() > end) throw error;
      }
    }
  }

  /**
   * Checks, in a transaction on any shard, that no other operation has this right by now. Nobody can get it there before the
   * transaction ends.
   *
   * @throws OperationLeaseLostError when another has it: the transaction must not be committed
   */
  async check(session: ShardSession): Promise<void> {
    if (session.shard === this.#lease.shard) return this.#lease.check(session);
    if (!(await holdLease(session, 'map', this.#lease.token)))
      throw new OperationLeaseLostError(session.shard);
  }

  /** Ends renewing, as the death of the process would. */
  stop(): void {
    this.#lease.stop();
  }

  release(): Promise<void> {
    return this.#lease.release();
  }

  async #note(session: ShardSession): Promise<void> {
    const { holder, what } = this.#request;
    const noted = await noteToken(
      session,
      'map',
      holder.slice(0, 128),
      what.slice(0, 255),
      this.#lease.token,
    );
    if (!noted) throw new OperationLeaseLostError(session.shard);
  }
}
