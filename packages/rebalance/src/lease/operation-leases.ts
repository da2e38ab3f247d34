import type { ShardSession } from '@ordershard/shard-router';
import { type LeaseRequest, type OnShard, OperationLease } from './operation-lease.ts';

/** The leases of all shards that one operation works on. */
export class OperationLeases {
  readonly #leases = new Map<number, OperationLease>();

  /**
   * Takes the leases of some shards, or of none of them.
   *
   * @throws ShardBusyError when another operation holds one
   */
  static async acquire(
    onShard: OnShard,
    shards: readonly number[],
    request: LeaseRequest,
  ): Promise<OperationLeases> {
    const leases = new OperationLeases();
    // In the order of their ids, so that of two operations at once one has all and the other none.
    for (const shard of [...new Set(shards)].toSorted((a, b) => a - b)) {
      try {
        leases.#leases.set(shard, await OperationLease.acquire(onShard, shard, request));
      } catch (error) {
        await leases.release();
        throw error;
      }
    }
    return leases;
  }

  /** Aborts once any of the leases is lost. */
  get signal(): AbortSignal {
    return AbortSignal.any([...this.#leases.values()].map(({ signal }) => signal));
  }

  /** Makes sure that the lease of a session's shard is held until its transaction ends. See {@link OperationLease.check}. */
  async check(session: ShardSession): Promise<void> {
    const lease = this.#leases.get(session.shard);
    if (lease === undefined) throw new RangeError(`no lease of shard ${session.shard} was taken`);
    await lease.check(session);
  }

  /** Prolongs all now. See {@link OperationLease.beat}. */
  async beat(): Promise<void> {
    await Promise.all([...this.#leases.values()].map((lease) => lease.beat()));
  }

  async release(): Promise<void> {
    await Promise.all([...this.#leases.values()].map((lease) => lease.release()));
  }

  /** Ends renewing, as the death of the process would. */
  stop(): void {
    for (const lease of this.#leases.values()) lease.stop();
  }
}
