import { hasPersonalData, withoutPersonalData } from '@ordershard/order-events';
import type { Db } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';

/**
 * The tombstones of members whose data was erased, `{_id: member, upTo: number}`, which the order service puts, for good:
 * whatever comes of an order of theirs up to that number, however late and from wherever, its view says nothing of them.
 */
export const ERASURES = 'erasures';

interface Erasure {
  readonly _id: string;
  readonly upTo: bigint;
}

/** The views as they may be stored. One look by primary keys for all of them; the collection is small. Throws the driver's errors. */
export async function withoutErased(db: Db, views: readonly OrderView[]): Promise<readonly OrderView[]> {
  const members = [...new Set(views.filter(hasPersonalData).map(({ memberId }) => memberId))];
  if (members.length === 0) return views;
  const found = await db
    .collection<Erasure>(ERASURES)
    .find({ _id: { $in: members } })
    .toArray();
  if (found.length === 0) return views;
  const upTo = new Map(found.map((erasure) => [erasure._id, erasure.upTo]));
  return views.map((view) =>
    view._id <= (upTo.get(view.memberId) ?? -1n) ? withoutPersonalData(view) : view,
  );
}
