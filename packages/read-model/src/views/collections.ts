import type { Db } from 'mongodb';

/** A projection: what its views are called, and which version of their form they have. */
export interface Projection {
  readonly name: string;
  /** From 1. A change of the form that old documents do not have takes the next one. */
  readonly version: number;
}

export const ORDER_VIEWS_PROJECTION: Projection = { name: 'order_views', version: 1 };
/** The entries of members' and shops' lists. */
export const ORDER_LISTS_PROJECTION: Projection = { name: 'order_lists', version: 1 };
export const SHOP_DAYS_PROJECTION: Projection = { name: 'shop_days', version: 1 };

/** Holds for each projection that was rebuilt `{_id: name, serving: collection}`. */
export const SERVING_COLLECTIONS = 'projections';

/** The collection that kept order views before collections were named by version; version 1 stays where it is. */
const UNVERSIONED = new Map([['order_views', 'order_views']]);

/** The collection that keeps a version of a projection, such as `shop_days_v1`. */
export function collectionOf({ name, version }: Projection): string {
  return (version === 1 ? UNVERSIONED.get(name) : undefined) ?? `${name}_v${version}`;
}

/**
 * Returns the collection that readers of a projection are served from: the one that was switched to last, or else that of
 * `projection`. Throws the driver's errors.
 */
export async function servingCollection(db: Db, projection: Projection): Promise<string> {
  const known = await db
    .collection<{ _id: string; serving: string }>(SERVING_COLLECTIONS)
    .findOne({ _id: projection.name }, { readConcern: { level: 'majority' } });
  return known?.serving ?? collectionOf(projection);
}
