import type { Statement } from '@ordershard/shard-router';
import type { Order } from '../../orders/order.ts';

/** The INSERT of all lines of a new order. Locks the new rows only. */
export function insertOrderItems(order: Order, bucket: number): Statement {
  return {
    sql: `INSERT INTO order_items (number, line, bucket, menu_id, name, unit_price, quantity, amount)
          VALUES ${order.lines.map(() => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
    values: order.lines.flatMap((line) => [
      order.number,
      line.line,
      bucket,
      line.menuId,
      line.name,
      line.unitPrice,
      line.quantity,
      line.amount,
    ]),
  };
}
