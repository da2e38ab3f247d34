import { BY_DAY, encodeDetails, type OrderTables } from '@ordershard/order-rows';
import type { Statement } from '@ordershard/shard-router';
import type { Order } from '../../orders/order.ts';
import { datetimesOf } from '../order-row.ts';

/** The UPDATE that writes what changed of an order, if its row still has version `from`. Locks it, by primary key. */
export function updateOrder(order: Order, from: number, { orders }: OrderTables = BY_DAY): Statement {
  return {
    sql: `UPDATE ${orders} SET version = ?, status = ?, details = ?, updated_at = ? WHERE number = ? AND version = ?`,
    values: [
      order.version,
      order.status,
      encodeDetails(order),
      datetimesOf(order).updatedAt,
      order.number,
      from,
    ],
  };
}
