import { type OrderItemRow, type OrderRow, snapshotOfRows } from '@ordershard/order-rows';
import { type ArchiveStore, scanArchive } from '@ordershard/rebalance/archive';
import type { OrderSource } from './order-source.ts';

/**
 * The orders past their retention, as they were archived, without those that were restored or erased. This source comes after
 * the shards: an order that is archived during the rebuild is found in one or the other.
 */
export function archiveSource(archive: ArchiveStore): OrderSource {
  return {
    name: 'archive',
    async read(after, upTo, limit) {
      const chunk = await scanArchive(archive, after, upTo, limit);
      const snapshots = chunk.rows.map(({ root, children }) =>
        snapshotOfRows(
          root as unknown as OrderRow,
          (children['order_items'] ?? []) as unknown as OrderItemRow[],
        ),
      );
      return { snapshots, upTo: chunk.upTo };
    },
  };
}
