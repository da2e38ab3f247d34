import { hasPersonalData, withoutPersonalData } from '@ordershard/order-events';
import type { Db } from 'mongodb';
import { batchesOf } from '../batches.ts';
import type { OrderView } from '../projections/order-view.ts';
import { maxBytesOf } from './document-bytes.ts';
import { serverLimitsOf } from './server-limits.ts';

/**
 * The tombstones of members whose data was erased, `{_id: member, upTo: number, recent: [number]}`, which the order service
 * puts, for good: whatever comes of an order of theirs up to `upTo`, or among the `recent` ones above it, however late and
 * from wherever, its view says nothing of them. What they order later has other numbers.
 */
export const ERASURES = 'erasures';

interface Erasure {
  readonly _id: string;
  readonly upTo: bigint;
  readonly recent?: readonly bigint[];
}

/** The views as they may be stored. One look by primary keys for all of them, or a few where their members' ids are long; the collection is small. Throws the driver's errors. */
export async function withoutErased(db: Db, views: readonly OrderView[]): Promise<readonly OrderView[]> {
  const members = [...new Set(views.filter(hasPersonalData).map(({ memberId }) => memberId))];
  if (members.length === 0) return views;
  const { commandBytes } = await serverLimitsOf(db);
  const found: Erasure[] = [];
  for (const some of batchesOf(members, maxBytesOf, { bytes: commandBytes / 2 }))
    found.push(
      ...(await db
        .collection<Erasure>(ERASURES)
        .find({ _id: { $in: [...some] } })
        .toArray()),
    );
  if (found.length === 0) return views;
  const erasures = new Map(
    found.map(({ _id, upTo, recent = [] }) => [_id, { upTo, recent: new Set(recent) }]),
  );
  return views.map((view) => {
    const erasure = erasures.get(view.memberId);
    const isErased = erasure !== undefined && (view._id <= erasure.upTo || erasure.recent.has(view._id));
    return isErased ? withoutPersonalData(view) : view;
  });
}
