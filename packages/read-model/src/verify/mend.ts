import { type OrderRouter, readOneOrder } from '@ordershard/order-rows';
import type { Collection, Filter } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';
import { writeViews } from '../views/write-views.ts';
import { expectedView } from './expected-view.ts';
import type { Mended } from './mend-derived.ts';
import { isNoOrder, type FoundDifference } from './settle.ts';

/**
 * Mends a view that differs from its order. A view that lags or is missing goes through the version gate, like the view of an
 * event. A view that is wrong in itself is replaced or removed only while it is exactly as it was read, so that an event's
 * later write stays. Returns undefined when nothing was written.
 *
 * @throws the router's errors, the driver's, ViewsUnavailableError, ProjectionError
 */
export async function mend(
  router: OrderRouter,
  views: Collection<OrderView>,
  { number, kind, view }: FoundDifference,
): Promise<Mended | undefined> {
  if (kind === 'extra') {
    // The owner said so when the doubt was settled. Ask it again, then remove the view if it is still the same.
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

/** Returns a filter that finds a view only while every field is as it was read. */
function exactly(view: OrderView): Filter<OrderView> {
  return { _id: view._id, $expr: { $eq: ['$$ROOT', { $literal: view }] } } as Filter<OrderView>;
}
