import { type Collection, type Db, MongoClient } from 'mongodb';
import { ViewsUnavailableError } from '../errors.ts';
import type { OrderView } from '../projections/order-view.ts';
import { collectionOf, ORDER_VIEWS_PROJECTION } from './collections.ts';

/** The collection of order views, and the indexes that its queries need. */
export const ORDER_VIEWS = collectionOf(ORDER_VIEWS_PROJECTION);

const INDEXES = [
  { key: { memberId: 1, _id: -1 }, name: 'by_member' },
  { key: { shopId: 1, _id: -1 }, name: 'by_shop' },
  { key: { status: 1, updatedAt: 1 }, name: 'by_status' },
  { key: { status: 1, _id: -1 }, name: 'by_status_and_number' },
  { key: { memberId: 1, status: 1, _id: -1 }, name: 'by_member_and_status' },
  { key: { shopId: 1, status: 1, _id: -1 }, name: 'by_shop_and_status' },
] as const;

/** How long a write may wait for the majority, and an operation for a server. Milliseconds. */
const WRITE_LIMIT_MS = 10_000;

/** Opens a client of the database in `url`. 64-bit integers are bigints, both ways. It connects when it is first used. */
export function openMongo(url: string, appName: string): MongoClient {
  return new MongoClient(url, {
    appName,
    useBigInt64: true,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: 2 * WRITE_LIMIT_MS,
    retryWrites: true,
  });
}

/** The collection, written with the majority's word: what is acknowledged outlives a failover. */
export function orderViews(db: Db, name = ORDER_VIEWS): Collection<OrderView> {
  return db.collection<OrderView>(name, {
    writeConcern: { w: 'majority', wtimeoutMS: WRITE_LIMIT_MS },
    readConcern: { level: 'majority' },
  });
}

/** Makes the indexes that are missing. Throws {@link ViewsUnavailableError}. */
export async function ensureIndexes(views: Collection<OrderView>): Promise<void> {
  try {
    await views.createIndexes(INDEXES.map(({ key, name }) => ({ key: { ...key }, name })));
  } catch (cause) {
    throw new ViewsUnavailableError(
      `the indexes of the views could not be made: ${(cause as Error).message}`,
      { cause },
    );
  }
}
