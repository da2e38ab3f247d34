import type { OrderSnapshot } from '@ordershard/order-events';
import { migrate } from '@ordershard/order-service';
import {
  connectShardRouter,
  type ShardSession,
  shardsFromUrls,
  withShardSessions,
} from '@ordershard/shard-router';
import { LIFE, sampleEvent } from './sample-order.ts';

const AT_ONCE = 500;

/** Makes the tables, and the given orders at the end of their lives on the shards that own them. */
export async function fillShards(
  clusterId: string,
  urls: readonly string[],
  numbers: ReadonlySet<bigint>,
): Promise<void> {
  const shards = shardsFromUrls(urls);
  await migrate(clusterId, shards);
  const router = await connectShardRouter({ clusterId, shards, numbers: false });
  const byShard = Map.groupBy(numbers, (number) => router.shardOf(number));
  await withShardSessions(shards, async (session) => {
    const some = byShard.get(session.shard) ?? [];
    await session.execute('SET @ordershard_bucket = -1');
    for (let from = 0; from < some.length; from += AT_ONCE) {
      await insertOrders(
        session,
        some.slice(from, from + AT_ONCE).map((number) => ({
          bucket: router.bucketOf(number),
          order: JSON.parse(sampleEvent(number, LIFE).value) as OrderSnapshot,
        })),
      );
    }
    await session.execute('SET @ordershard_bucket = NULL');
  });
  await router.close();
}

/** Inserts orders and their lines. Locks the new rows only. */
async function insertOrders(
  session: ShardSession,
  placed: readonly { readonly bucket: number; readonly order: OrderSnapshot }[],
): Promise<void> {
  const orders = placed.map(({ bucket, order }) => {
    const { shopName, deliveryAddress, note, timeline } = order;
    const details = JSON.stringify({ shopName, deliveryAddress, note, timeline });
    const { number, version, status, memberId, shopId, currency, total } = order;
    const dates = [order.placedAt, order.updatedAt].map((at) => at.replace('T', ' ').replace('Z', ''));
    return [number, bucket, version, status, memberId, shopId, currency, total, details, ...dates];
  });
  await session.query(
    `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at,
                         updated_at) VALUES ${rowsOf(orders)}`,
    orders.flat(),
  );
  const items = placed.flatMap(({ bucket, order }) =>
    order.items.map((item) => [
      order.number,
      item.line,
      bucket,
      item.menuId,
      item.name,
      item.unitPrice,
      item.quantity,
      item.amount,
    ]),
  );
  await session.query(
    `INSERT INTO order_items (number, line, bucket, menu_id, name, unit_price, quantity, amount)
     VALUES ${rowsOf(items)}`,
    items.flat(),
  );
}

const rowsOf = (rows: readonly (readonly unknown[])[]) =>
  rows.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
