import type { ShardTransaction } from '@ordershard/shard-router';
import type { Order } from '../../orders/order.ts';
import { datetimesOf, encodeDetails } from '../order-row.ts';

/**
 * Writes what changed of an order, if its row still has version `from`; false when it has not. Locks the row, by
 * primary key.
 */
export async function updateOrder(tx: ShardTransaction, order: Order, from: number): Promise<boolean> {
  const { affectedRows } = await tx.execute(
    `UPDATE orders SET version = ?, status = ?, details = ?, updated_at = ? WHERE number = ? AND version = ?`,
    [order.version, order.status, encodeDetails(order), datetimesOf(order).updatedAt, order.number, from],
  );
  return affectedRows === 1;
}
