import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface OrderRow extends RowDataPacket {
  readonly number: string;
  readonly version: number;
  readonly status: string;
  readonly member_id: string;
  readonly shop_id: string;
  readonly currency: string;
  readonly total: string;
  readonly details: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The orders behind number `after`, by number. Range scan of the primary key, without locks. */
export async function selectOrders(
  connection: Connection,
  after: string,
  limit: number,
): Promise<OrderRow[]> {
  const [rows] = await connection.query<OrderRow[]>(
    `SELECT number, version, status, member_id, shop_id, currency, total, details, created_at, updated_at
       FROM orders WHERE number > CAST(? AS SIGNED) ORDER BY number LIMIT ?`,
    [after, limit],
  );
  return rows;
}
