import type { Collection, Document, IndexDescription } from 'mongodb';
import { ViewsUnavailableError } from '../errors.ts';
import type { Projection } from './collections.ts';

const LISTS: readonly IndexDescription[] = [
  { key: { memberId: 1, _id: -1 }, name: 'by_member' },
  { key: { shopId: 1, _id: -1 }, name: 'by_shop' },
];

/**
 * Each index is a cost of every write, and those with a status are a cost of every change. There is no index for a member's
 * orders of some states: a query picks them out along `by_member`, since a member has few orders.
 */
const ORDERS: readonly IndexDescription[] = [
  ...LISTS,
  { key: { status: 1, updatedAt: 1 }, name: 'by_status' },
  { key: { status: 1, _id: -1 }, name: 'by_status_and_number' },
  { key: { shopId: 1, status: 1, _id: -1 }, name: 'by_shop_and_status' },
];

/** The indexes that the queries of each projection's views need, by the projection's name. */
const INDEXES: Readonly<Record<string, readonly IndexDescription[]>> = {
  order_views: ORDERS,
  order_lists: LISTS,
  shop_days: [{ key: { shopId: 1, day: -1 }, name: 'by_shop' }],
};

/** Makes the indexes of a collection that are missing. Throws ViewsUnavailableError. */
export async function ensureIndexesOf<V extends Document>(
  { name }: Projection,
  views: Collection<V>,
): Promise<void> {
  try {
    await views.createIndexes([...(INDEXES[name] ?? [])]);
  } catch (cause) {
    throw new ViewsUnavailableError(
      `the indexes of the views could not be made: ${(cause as Error).message}`,
      { cause },
    );
  }
}
