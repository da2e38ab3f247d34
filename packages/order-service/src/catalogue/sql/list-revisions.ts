import type { ShardSession } from '@ordershard/shard-router';

/** The revisions of the next shops after an id, in the order of ids, decimal text: a range of the primary key, without a lock. */
export async function listRevisions(
  session: ShardSession,
  after: string,
  limit: number,
): Promise<readonly { readonly shop_id: string; readonly revision: string }[]> {
  return session.query(
    'SELECT shop_id, CAST(revision AS CHAR) AS revision FROM catalogue_shops WHERE shop_id > ? ORDER BY shop_id LIMIT ?',
    [after, limit],
  );
}
