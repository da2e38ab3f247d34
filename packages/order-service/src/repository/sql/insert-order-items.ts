import type { ShardTransaction } from '@ordershard/shard-router';
import type { Order } from '../../orders/order.ts';

/** Inserts all lines of a new order at once. Locks the new rows only. */
export async function insertOrderItems(tx: ShardTransaction, order: Order): Promise<void> {
  await tx.execute(
    `INSERT INTO order_items (number, line, bucket, menu_id, name, unit_price, quantity, amount)
     VALUES ${order.lines.map(() => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
    order.lines.flatMap((line) => [
      order.number,
      line.line,
      tx.bucket,
      line.menuId,
      line.name,
      line.unitPrice,
      line.quantity,
      line.amount,
    ]),
  );
}
