import type { ShardSession, Statement } from '@ordershard/shard-router';
import type { OrderItemRow, OrderRow } from '../order-row.ts';
import { BY_DAY, CARRIED, type OrderTables } from '../order-tables.ts';

/** A line of an order with the order's own columns beside it; nulls for an order that has none. */
export type OrderLineRow = OrderRow & (OrderItemRow | { readonly [C in keyof OrderItemRow]: null });

/** The columns of an order and a line of it, of tables named `orders` and `item`. */
export const ORDER_LINE_COLUMNS = `orders.number, orders.version, orders.status, orders.member_id, orders.shop_id,
  orders.currency, orders.total, orders.details, item.line, item.menu_id, item.name, item.unit_price, item.quantity,
  item.amount`;

/** Selects orders of some tables with their lines, by primary keys, without a lock. An empty list is an error. */
export function selectOrders(
  numbers: readonly bigint[],
  { orders, items }: OrderTables = BY_DAY,
): Statement<OrderLineRow> {
  return {
    sql: `SELECT ${ORDER_LINE_COLUMNS}
            FROM ${orders} AS orders LEFT JOIN ${items} AS item ON item.number = orders.number
           WHERE orders.number IN (${numbers.map(() => '?').join(', ')})
           ORDER BY orders.number, item.line`,
    values: [...numbers],
  };
}

/**
 * Reads at most `limit` orders with numbers above `after` and up to `upTo`, with their lines, including orders that have
 * outlived their day. Reads ranges of primary keys, without a lock, in one statement, so that an order that is carried over
 * in between is read once. Reads everything on the shard, also rows of buckets that moved away.
 */
export async function readOrderRange(
  session: ShardSession,
  after: bigint,
  upTo: bigint,
  limit: number,
): Promise<OrderLineRow[]> {
  const part = (columns: string, tables: OrderTables) =>
    `SELECT ${columns}
       FROM (SELECT number FROM
              ((SELECT number FROM orders WHERE number > ? AND number <= ? ORDER BY number LIMIT ?)
               UNION ALL
               (SELECT number FROM orders_carried WHERE number > ? AND number <= ? ORDER BY number LIMIT ?)) AS some
              ORDER BY number LIMIT ?) AS wanted
       JOIN ${tables.orders} AS orders ON orders.number = wanted.number
       LEFT JOIN ${tables.items} AS item ON item.number = orders.number`;
  const values = [after, upTo, limit, after, upTo, limit, limit];
  return session.query<OrderLineRow>(
    `${part(ORDER_LINE_COLUMNS, BY_DAY)} UNION ALL ${part(ORDER_LINE_COLUMNS, CARRIED)} ORDER BY number, line`,
    [...values, ...values],
  );
}
