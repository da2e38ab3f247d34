import type { ShardSession } from '@ordershard/shard-router';
import type { OrderItemRow } from '../order-row.ts';

/** Reads an order's lines in their order: a range of the primary key in one partition, without a lock. */
export async function selectOrderItems(session: ShardSession, number: bigint): Promise<OrderItemRow[]> {
  return session.query<OrderItemRow>(
    `SELECT line, menu_id, name, unit_price, quantity, amount FROM order_items WHERE number = ? ORDER BY line`,
    [number],
  );
}
