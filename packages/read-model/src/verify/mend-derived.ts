import type { OrderSnapshot } from '@ordershard/order-events';
import type { Db } from 'mongodb';
import { type ListEntry, listEntry } from '../projections/list-entry.ts';
import type { OrderView } from '../projections/order-view.ts';
import { dayOf, type ShopDay } from '../projections/shop-day.ts';
import {
  collectionOf,
  ORDER_LISTS_PROJECTION,
  type Projection,
  SHOP_DAYS_PROJECTION,
} from '../views/collections.ts';
import { viewsOf } from '../views/order-views.ts';
import { computeShopDays, type ShopDayKey } from '../views/write-shop-days.ts';
import { writeViews } from '../views/write-views.ts';

/** An order whose view was mended. */
export interface Mended {
  readonly number: bigint;
  /** The view that was there, if one was. */
  readonly before: OrderView | undefined;
  /** The order that the view now shows; undefined when there is no order, and so no view. */
  readonly after: OrderSnapshot | undefined;
}

/**
 * Mends what is derived from mended views, where it exists: the entries of lists, and the summaries of the shops' days. No
 * event would have computed these anew.
 *
 * @throws the driver's errors, ViewsUnavailableError, ProjectionError
 */
export async function mendDerived(db: Db, mended: readonly Mended[]): Promise<void> {
  if (mended.length === 0) return;
  if (await isThere(db, ORDER_LISTS_PROJECTION)) await mendLists(db, mended);
  if (!(await isThere(db, SHOP_DAYS_PROJECTION))) return;
  const days = viewsOf<ShopDay>(db, collectionOf(SHOP_DAYS_PROJECTION));
  await computeShopDays(db, [days], mended.flatMap(daysOf));
}

/** Here, and only here, an entry gives way to a lower version: the order never had the version that the entry has. */
async function mendLists(db: Db, mended: readonly Mended[]): Promise<void> {
  const lists = viewsOf<ListEntry>(db, collectionOf(ORDER_LISTS_PROJECTION));
  for (const { number, before, after } of mended) {
    const wrong = { _id: number, version: { $lte: before?.version ?? 0 } };
    if (after === undefined) await lists.deleteOne(wrong);
    else {
      const entry = listEntry({ data: after });
      const { matchedCount } = await lists.replaceOne(wrong, entry);
      if (matchedCount === 0) await writeViews(lists, [entry]);
    }
  }
}

/** Returns the days that count the order now, and the days that counted it before. */
function daysOf({ number, before, after }: Mended): readonly ShopDayKey[] {
  const day = dayOf(number);
  const shops = new Set([before?.shopId, after?.shopId]);
  return [...shops].flatMap((shopId) => (typeof shopId === 'string' ? [{ shopId, day }] : []));
}

async function isThere(db: Db, projection: Projection): Promise<boolean> {
  return db.listCollections({ name: collectionOf(projection) }, { nameOnly: true }).hasNext();
}
