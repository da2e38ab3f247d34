import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface ItemRow extends RowDataPacket {
  readonly number: string;
  readonly line: number;
  readonly menu_id: string;
  readonly name: string;
  readonly unit_price: string;
  readonly quantity: number;
  readonly amount: string;
}

/** The lines of the orders in (after, upTo], by order and line. Range scan of the primary key, without locks. */
export async function selectItems(connection: Connection, after: string, upTo: string): Promise<ItemRow[]> {
  const [rows] = await connection.query<ItemRow[]>(
    `SELECT number, line, menu_id, name, unit_price, quantity, amount
       FROM order_items
      WHERE number > CAST(? AS SIGNED) AND number <= CAST(? AS SIGNED) ORDER BY number, line`,
    [after, upTo],
  );
  return rows;
}

/** How many lines the shard has in all: some may belong to no order. Full scan. */
export async function countItems(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS items FROM order_items');
  return Number(rows[0]?.['items']);
}
