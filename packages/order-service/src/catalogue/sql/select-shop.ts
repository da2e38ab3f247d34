import type { ShardSession } from '@ordershard/shard-router';

/** Reads the JSON of a shop, by primary key, without a lock; undefined when there is none. */
export async function selectShop(session: ShardSession, shopId: string): Promise<string | undefined> {
  const [row] = await session.query<{ body: string }>('SELECT body FROM catalogue_shops WHERE shop_id = ?', [
    shopId,
  ]);
  return row?.body;
}
