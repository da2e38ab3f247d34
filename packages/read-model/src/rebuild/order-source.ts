import type { OrderSnapshot } from '@ordershard/order-events';
import { type OrderRouter, scanOrders } from '@ordershard/order-rows';

/** Orders of the next range of numbers. */
export interface SourceChunk {
  readonly snapshots: readonly OrderSnapshot[];
  /** The last number that the chunk tells of. */
  readonly upTo: bigint;
}

/** Where a rebuild reads orders from: the shards, and an archive of what they no longer keep. */
export interface OrderSource {
  readonly name: string;
  /** Reads orders above `after`, up to `upTo`, about `limit` of them. */
  read(after: bigint, upTo: bigint, limit: number): Promise<SourceChunk>;
}

/** The orders that lie on the shards. */
export function shardSource(router: OrderRouter): OrderSource {
  return {
    name: 'shards',
    read: (after, upTo, limit) => scanOrders(router, { after, upTo, limit }),
  };
}
