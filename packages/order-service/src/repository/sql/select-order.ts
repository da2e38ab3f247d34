import type { ShardSession } from '@ordershard/shard-router';
import type { OrderRow } from '../order-row.ts';

/** Reads the row of an order, by primary key in one partition, without a lock. */
export async function selectOrder(session: ShardSession, number: bigint): Promise<OrderRow | undefined> {
  const [row] = await session.query<OrderRow>(
    `SELECT number, version, status, member_id, shop_id, currency, total, details FROM orders WHERE number = ?`,
    [number],
  );
  return row;
}
