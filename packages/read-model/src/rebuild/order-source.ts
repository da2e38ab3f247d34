import type { OrderSnapshot } from '@ordershard/order-events';
import { type OrderRouter, scanOrders } from '@ordershard/order-rows';

/** Orders of the next range of numbers. */
export interface SourceChunk {
  readonly snapshots: readonly OrderSnapshot[];
  /** The last number that the chunk tells of. */
  readonly upTo: bigint;
}

/**
 * Where a rebuild reads orders from: the shards, and an archive of what they no longer keep. Sources are read one after
 * another, each from the lowest number up. Several may hold the same order, as while its day is being archived: the newest
 * version is kept, so neither their order nor a chunk that is read twice matters. Views of which no source has the order
 * are taken over from the old collection where the order has expired.
 */
export interface OrderSource {
  /** Unlike that of any other source, and the same in each release: a rebuild that was killed goes on at it. */
  readonly name: string;
  /**
   * Reads orders above `after`, up to `upTo`, about `limit` of them: all that it holds from there up to the `upTo` of what
   * it gives, which is above `after`; equal to the one asked for when nothing is left. Each has at least the version that
   * was committed when the read began. What it does not hold, it leaves out. The next chunk may be asked for before the
   * last one is stored.
   */
  read(after: bigint, upTo: bigint, limit: number): Promise<SourceChunk>;
}

/** The orders that lie on the shards. */
export function shardSource(router: OrderRouter): OrderSource {
  return {
    name: 'shards',
    read: (after, upTo, limit) => scanOrders(router, { after, upTo, limit }),
  };
}
