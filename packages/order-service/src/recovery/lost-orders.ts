import type { OrderSnapshot } from '@ordershard/order-events';
import { readShardOrders } from '@ordershard/order-rows';
import type { ShardRouter, ShardSessions } from '@ordershard/shard-router';
import type { Db } from 'mongodb';
import { ServedCollection } from '../views/served-collection.ts';
import { type OrderViewDocument, snapshotOfView } from '../views/view-document.ts';

/** An order that a shard does not have, or has in an older version than the view. */
export interface LostOrder {
  /** As the view has it. */
  readonly snapshot: OrderSnapshot;
  /** The version that the shard has; undefined where it has no such order. */
  readonly versionOnShard: number | undefined;
}

export interface LostOrderParts {
  readonly router: Pick<ShardRouter, 'bucketOf' | 'shardOf'>;
  /** Sessions to the shards, which do not check whether a shard is in use. */
  readonly sessions: Pick<ShardSessions, 'onShard'>;
  /** Of the read model. */
  readonly db: Db;
}

/** Views that are compared at once. */
const CHUNK = 500;

/**
 * Compares the views of orders with the rows on their shards, and yields the orders of which a shard has no row, or an older
 * version: changes that the shard had committed, and published, after the backup that it was restored from. Changes that were
 * not published are in no view. Asks all shards, whether they are in use or not; leaves out orders past their retention.
 *
 * @param only the one shard whose orders are compared
 * @throws the drivers' errors
 */
export async function* lostOrders(parts: LostOrderParts, only?: number): AsyncGenerator<LostOrder> {
  const { router, db } = parts;
  const served = new ServedCollection(db);
  try {
    for (let after = -1n; ;) {
      const views = await served.withName((name) =>
        db
          .collection<OrderViewDocument>(name)
          .find({ _id: { $gt: after } }, { readConcern: { level: 'majority' } })
          .sort({ _id: 1 })
          .limit(CHUNK)
          .toArray(),
      );
      const last = views.at(-1);
      if (last === undefined) return;
      after = last._id;
      const byShard = Map.groupBy(views, ({ _id: number }) => router.shardOf(number));
      for (const [shard, some] of byShard)
        if (only === undefined || shard === only) yield* missingOn(parts, shard, some);
    }
  } finally {
    await served.close();
  }
}

async function* missingOn(
  { router, sessions }: LostOrderParts,
  shard: number,
  views: readonly OrderViewDocument[],
): AsyncGenerator<LostOrder> {
  const { answers } = await readShardOrders(
    { bucketOf: (number) => router.bucketOf(number), onShard: sessions.onShard },
    shard,
    views.map(({ _id: number }) => number),
  );
  const known = new Map(answers.map((answer) => [answer.number, answer]));
  for (const view of views) {
    const answer = known.get(view._id);
    // One that the shard does not own comes back to who gave it, or is read there.
    if (answer === undefined || answer.expired) continue;
    const versionOnShard = answer.snapshot?.version;
    if (versionOnShard === undefined || versionOnShard < Number(view.version))
      yield { snapshot: snapshotOfView(view), versionOnShard };
  }
}
