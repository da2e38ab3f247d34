import type { OrderSnapshot } from '@ordershard/order-events';
import { type OrderRouter, scanOrders } from '@ordershard/order-rows';

/** Orders of the next range of numbers. */
export interface SourceChunk {
  readonly snapshots: readonly OrderSnapshot[];
  /** The last number that the chunk covers. */
  readonly upTo: bigint;
}

/**
 * Where a rebuild reads orders from: the shards, and an archive of orders that the shards no longer keep. The rebuild reads
 * sources one after another, each from the lowest number up. Several sources may hold the same order, for example while its
 * day is being archived. The newest version is kept, so neither the order of the sources nor a chunk that is read twice
 * matters. When no source has the order of a view and the order has expired, the rebuild takes over the view from the old
 * collection.
 */
export interface OrderSource {
  /**
   * Different from the name of any other source, and the same in each release: a rebuild that was killed goes on at this
   * name.
   */
  readonly name: string;
  /**
   * Reads orders above `after`, up to `upTo`, about `limit` of them. The chunk holds all orders of the source from there up
   * to the chunk's own `upTo`. That number is above `after`, and equals the given `upTo` when nothing is left. Each order has
   * at least the version that was committed when the read began. Leaves out orders that the source does not hold. The caller
   * may ask for the next chunk before it has stored the last one.
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
