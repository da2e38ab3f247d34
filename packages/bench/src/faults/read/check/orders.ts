import type { RowDataPacket } from 'mysql2/promise';
import { withPlain } from '../../connect.ts';
import { contentText } from './content.ts';

/** An order as its shard has it. */
export interface Expected {
  readonly version: number;
  readonly content: string;
}

type Row = RowDataPacket & Readonly<Record<string, string>>;

interface Details {
  readonly timeline: readonly { readonly at: string }[];
}

/** All orders of all shards, by their numbers, read straight from the tables. */
export async function ordersOf(urls: readonly string[]): Promise<Map<string, Expected>> {
  const orders = new Map<string, Expected>();
  await withPlain(urls, async (connections) => {
    for (const connection of connections) {
      const [rows] = await connection.query<Row[]>(
        'SELECT number, version, status, member_id, shop_id, currency, total, details FROM orders',
      );
      const [lines] = await connection.query<Row[]>(
        'SELECT number, line, menu_id, name, unit_price, quantity, amount FROM order_items ORDER BY number, line',
      );
      const itemsOf = Map.groupBy(lines, (line) => line['number']!);
      for (const row of rows) {
        const { number = '', version, status, member_id, shop_id, currency, total, details = '' } = row;
        const more = JSON.parse(details) as Details & Record<string, unknown>;
        const items = (itemsOf.get(number) ?? []).map(
          ({ line, menu_id, name, unit_price, quantity, amount }) => ({
            line,
            menuId: menu_id,
            name,
            unitPrice: unit_price,
            quantity,
            amount,
          }),
        );
        const times = { placedAt: more.timeline[0]?.at, updatedAt: more.timeline.at(-1)?.at };
        orders.set(number, {
          version: Number(version),
          content: contentText({
            ...more,
            ...times,
            number,
            version,
            status,
            memberId: member_id,
            shopId: shop_id,
            currency,
            total,
            items,
          }),
        });
      }
    }
  });
  return orders;
}
