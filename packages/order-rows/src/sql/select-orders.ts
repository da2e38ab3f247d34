import type { ShardSession, Statement } from '@ordershard/shard-router';
import type { OrderItemRow, OrderRow } from '../order-row.ts';

/** A line of an order with the order's own columns beside it; nulls for an order that has none. */
export type OrderLineRow = OrderRow & (OrderItemRow | { readonly [C in keyof OrderItemRow]: null });

/** The columns of an order and a line of it, of tables named `orders` and `item`. */
export const ORDER_LINE_COLUMNS = `orders.number, orders.version, orders.status, orders.member_id, orders.shop_id,
  orders.currency, orders.total, orders.details, item.line, item.menu_id, item.name, item.unit_price, item.quantity,
  item.amount`;

/** Selects orders with their lines, by primary keys, without a lock. An empty list is an error. */
export function selectOrders(numbers: readonly bigint[]): Statement<OrderLineRow> {
  return {
    sql: `SELECT ${ORDER_LINE_COLUMNS}
            FROM orders LEFT JOIN order_items AS item ON item.number = orders.number
           WHERE orders.number IN (${numbers.map(() => '?').join(', ')})
           ORDER BY orders.number, item.line`,
    values: [...numbers],
  };
}

/**
 * Reads at most `limit` orders with numbers above `after` and up to `upTo`, with their lines: a range of the primary key,
 * without a lock. Reads whatever lies on the shard, of buckets that moved away too.
 */
export async function readOrderRange(
  session: ShardSession,
  after: bigint,
  upTo: bigint,
  limit: number,
): Promise<OrderLineRow[]> {
  return session.query<OrderLineRow>(
    `SELECT ${ORDER_LINE_COLUMNS}
       FROM (SELECT * FROM orders WHERE number > ? AND number <= ? ORDER BY number LIMIT ?) AS orders
       LEFT JOIN order_items AS item ON item.number = orders.number
      ORDER BY orders.number, item.line`,
    [after, upTo, limit],
  );
}
