import { encodeDetails } from '@ordershard/order-rows';
import type { Statement } from '@ordershard/shard-router';
import type { Order } from '../../orders/order.ts';
import { datetimesOf } from '../order-row.ts';

/** The INSERT of a new order's row. Locks the new row only. */
export function insertOrder(order: Order, bucket: number): Statement {
  const { createdAt, updatedAt } = datetimesOf(order);
  return {
    sql: `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at,
                              updated_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      order.number,
      bucket,
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
  };
}
