import type { ShardSession } from '@ordershard/shard-router';
import { selectShopRow } from './select-shop.ts';

/** A shop's row as it stands after a write. */
export interface StandingShop {
  readonly revision: bigint;
  /** JSON, as the database writes it. */
  readonly body: string;
}

/**
 * Writes a shop unless the row there has the same revision or a higher one. Locks the one row, by primary key, for the
 * statement. body is set before revision, since MySQL assigns from left to right. VALUES(), not a row alias, which MySQL
 * 8.0.15 and MariaDB do not know.
 */
export async function upsertShop(
  session: ShardSession,
  shopId: string,
  revision: bigint,
  body: string,
): Promise<StandingShop> {
  await session.execute(
    `INSERT INTO catalogue_shops (shop_id, revision, body) VALUES (?, ?, ?)
     ON DUPLICATE KEY UPDATE
       body = IF(VALUES(revision) > revision, VALUES(body), body),
       revision = GREATEST(revision, VALUES(revision))`,
    [shopId, revision, body],
  );
  const row = await selectShopRow(session, shopId);
  if (row === undefined) throw new Error(`shop ${shopId} is gone just after it was written`);
  return { revision: BigInt(row.revision), body: row.body };
}
