import type { ShardTransaction } from '@ordershard/shard-router';
import type { Order } from '../../orders/order.ts';
import { datetimesOf, encodeDetails } from '../order-row.ts';

/** Inserts the row of a new order. Locks the new row only. */
export async function insertOrder(tx: ShardTransaction, order: Order): Promise<void> {
  const { createdAt, updatedAt } = datetimesOf(order);
  await tx.execute(
    `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at,
                         updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      order.number,
      tx.bucket,
      order.version,
      order.status,
      order.memberId,
      order.shopId,
      order.currency,
      order.total,
      encodeDetails(order),
      createdAt,
      updatedAt,
    ],
  );
}
