import type { ShardSession } from '@ordershard/shard-router';
import type { ShopRow } from './list-shops.ts';

/** Reads the JSON of a shop, by primary key, without a lock; undefined when there is none. */
export async function selectShop(session: ShardSession, shopId: string): Promise<string | undefined> {
  return (await selectShopRow(session, shopId))?.body;
}

/** Reads a shop with its revision, by primary key, without a lock; undefined when there is none. */
export async function selectShopRow(session: ShardSession, shopId: string): Promise<ShopRow | undefined> {
  const [row] = await session.query<ShopRow>(
    'SELECT shop_id, revision, body FROM catalogue_shops WHERE shop_id = ?',
    [shopId],
  );
  return row;
}
