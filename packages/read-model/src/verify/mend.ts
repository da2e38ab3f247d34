import { type OrderRouter, readOneOrder } from '@ordershard/order-rows';
import type { Collection, Filter } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';
import { writeViews } from '../views/write-views.ts';
import { expectedView } from './expected-view.ts';
import type { Mended } from './mend-derived.ts';
import { isNoOrder, type FoundDifference } from './settle.ts';

/**
 * Mends a view that differs from its order. A view that lags, or is not there, passes the version gate as an event's
 * does. One that is wrong in itself is replaced, or removed, only while it is exactly what was seen; so what an event
 * has written meanwhile stays. Undefined when nothing was written.
 *
 * @throws the router's errors, the driver's, ViewsUnavailableError, ProjectionError
 */
export async function mend(
  router: OrderRouter,
  views: Collection<OrderView>,
  { number, kind, view }: FoundDifference,
): Promise<Mended | undefined> {
  if (kind === 'extra') {
    // The owner has said so while it was settled; it says so again, after which the view goes if it is still the same.
    if (!(await isNoOrder(router, number))) return undefined;
    const { deletedCount } = await views.deleteOne(exactly(view!));
    return deletedCount === 1 ? { number, before: view, after: undefined } : undefined;
  }
  const { snapshot } = await readOneOrder(router, number);
  if (snapshot === undefined) return undefined;
  const expected = expectedView(snapshot);
  const mended = { number, before: view, after: snapshot };
  if (kind === 'changed') {
    const { matchedCount } = await views.replaceOne(exactly(view!), expected);
    return matchedCount === 1 ? mended : undefined;
  }
  return (await writeViews(views, [expected])).refused.length === 0 ? mended : undefined;
}

/** Finds a view only while it is, to the last field, what was read. */
function exactly(view: OrderView): Filter<OrderView> {
  return { _id: view._id, $expr: { $eq: ['$$ROOT', { $literal: view }] } } as Filter<OrderView>;
}
