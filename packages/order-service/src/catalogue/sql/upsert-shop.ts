import type { ShardSession } from '@ordershard/shard-router';

/**
 * Writes a shop unless the row there has a higher revision. Locks the one row, by primary key, for the statement.
 * body is set before revision, since MySQL assigns from left to right. VALUES(), not a row alias, which MySQL 8.0.15
 * and MariaDB do not know.
 */
export async function upsertShop(
  session: ShardSession,
  shopId: string,
  revision: bigint,
  body: string,
): Promise<void> {
  await session.execute(
    `INSERT INTO catalogue_shops (shop_id, revision, body) VALUES (?, ?, ?)
     ON DUPLICATE KEY UPDATE
       body = IF(VALUES(revision) > revision, VALUES(body), body),
       revision = GREATEST(revision, VALUES(revision))`,
    [shopId, revision, body],
  );
}
