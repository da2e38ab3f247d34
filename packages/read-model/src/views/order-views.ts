import { openMongoClient } from '@ordershard/process/mongodb';
import type { Collection, Db, Document, MongoClient } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';
import { collectionOf, ORDER_VIEWS_PROJECTION } from './collections.ts';
import { ensureIndexesOf } from './indexes.ts';
import { DURABLE, WRITE_LIMIT_MS } from './write-concern.ts';

/** The collection of order views. */
export const ORDER_VIEWS = collectionOf(ORDER_VIEWS_PROJECTION);

/** Opens a client of the database in `url`. 64-bit integers are bigints, both ways. It connects when it is first used. */
export function openMongo(url: string, appName: string): MongoClient {
  return openMongoClient(url, {
    appName,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: 2 * WRITE_LIMIT_MS,
    retryWrites: true,
  });
}

/** Opens the collection with majority write concern: an acknowledged write outlives a failover. */
export function orderViews(db: Db, name = ORDER_VIEWS): Collection<OrderView> {
  return viewsOf<OrderView>(db, name);
}

/** A collection of any projection's views, in the same way. */
export function viewsOf<V extends Document>(db: Db, name: string): Collection<V> {
  return db.collection<V>(name, {
    writeConcern: { ...DURABLE, wtimeoutMS: WRITE_LIMIT_MS },
    readConcern: { level: 'majority' },
  });
}

/** Makes the indexes that are missing. Throws ViewsUnavailableError. */
export async function ensureIndexes(views: Collection<OrderView>): Promise<void> {
  await ensureIndexesOf(ORDER_VIEWS_PROJECTION, views);
}
