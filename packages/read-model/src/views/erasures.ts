import { hasPersonalData, withoutPersonalData } from '@ordershard/order-events';
import type { Db } from 'mongodb';
import { batchesOf } from '../batches.ts';
import type { OrderView } from '../projections/order-view.ts';
import { maxBytesOf } from './document-bytes.ts';
import { serverLimitsOf } from './server-limits.ts';

/**
 * The tombstones of members whose data was erased: `{_id: member, upTo: number, recent: [number]}`. The order service writes
 * them, for good. A view of such a member's order up to `upTo`, or among the `recent` ones above it, holds nothing about the
 * member, however late and from wherever the order comes. Orders that the member places later have other numbers.
 */
export const ERASURES = 'erasures';

interface Erasure {
  readonly _id: string;
  readonly upTo: bigint;
  readonly recent?: readonly bigint[];
}

/**
 * Returns the views as they may be stored. Reads the tombstones of their members by primary key: one query for all of them,
 * or a few where the members' ids are long. The collection is small. Throws the driver's errors.
 */
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
