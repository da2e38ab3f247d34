import type { ShardSession } from '@ordershard/shard-router';

/** A shop as its row has it. */
export interface ShopRow {
  readonly shop_id: string;
  /** Decimal text. */
  readonly revision: string;
  /** JSON. */
  readonly body: string;
}

/** The next shops after an id, in the order of ids: a range of the primary key, without a lock. */
export async function listShops(session: ShardSession, after: string, limit: number): Promise<ShopRow[]> {
  return session.query<ShopRow>(
    'SELECT shop_id, revision, body FROM catalogue_shops WHERE shop_id > ? ORDER BY shop_id LIMIT ?',
    [after, limit],
  );
}
