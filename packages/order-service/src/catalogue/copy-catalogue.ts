import type { ShardSession } from '@ordershard/shard-router';
import { listShops } from './sql/list-shops.ts';
import { upsertShop } from './sql/upsert-shop.ts';

const PAGE = 500;

/**
 * Copies every shop of one shard to another; a shop that is newer there stays. Safe to run again. Returns how many shops
 * there are.
 */
export async function copyCatalogue(from: ShardSession, to: ShardSession): Promise<number> {
  let copied = 0;
  for (let after = ''; ;) {
    const shops = await listShops(from, after, PAGE);
    for (const { shop_id, revision, body } of shops) await upsertShop(to, shop_id, BigInt(revision), body);
    copied += shops.length;
    if (shops.length < PAGE) return copied;
    after = shops.at(-1)!.shop_id;
  }
}
