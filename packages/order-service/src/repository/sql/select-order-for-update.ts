import type { ShardTransaction } from '@ordershard/shard-router';
import type { OrderRow } from '../order-row.ts';

/**
 * Reads the row of the transaction's order under an exclusive lock, by primary key in one partition. A row that is not
 * there leaves no gap lock: sessions are READ COMMITTED.
 */
export async function selectOrderForUpdate(tx: ShardTransaction): Promise<OrderRow | undefined> {
  const [row] = await tx.query<OrderRow>(
    `SELECT number, version, status, member_id, shop_id, currency, total, details
       FROM orders WHERE number = ? FOR UPDATE`,
    [tx.number],
  );
  return row;
}
