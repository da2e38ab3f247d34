import type { OrderSnapshot } from '@ordershard/order-events';
import { type OrderItemRow, type OrderRow, snapshotOfRows } from '@ordershard/order-rows';
import { ArchiveReader, type ArchiveStore } from '@ordershard/rebalance/archive';

/** An order as it was archived. */
export interface ArchivedOrder {
  readonly snapshot: OrderSnapshot;
  /** When its file was written; RFC 3339 UTC. */
  readonly archivedAt: string;
}

/** The orders that are past their retention. */
export class ArchivedOrders {
  readonly #reader: ArchiveReader;

  constructor(store: ArchiveStore) {
    this.#reader = new ArchiveReader(store);
  }

  /**
   * Finds an order that was archived; undefined when none was, or it was restored or erased.
   *
   * @throws ArchiveUnavailableError, ArchiveDamagedError
   */
  async find(number: bigint): Promise<ArchivedOrder | undefined> {
    const answer = await this.#reader.find(number);
    if (answer.kind !== 'archived') return undefined;
    const { rows, manifest } = answer.archived;
    return {
      snapshot: snapshotOfRows(
        rows.root as unknown as OrderRow,
        (rows.children['order_items'] ?? []) as unknown as OrderItemRow[],
      ),
      archivedAt: manifest.archivedAt,
    };
  }

  close(): Promise<void> {
    return this.#reader.store.close();
  }
}
