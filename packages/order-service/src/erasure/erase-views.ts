import { ERASED_REASON } from '@ordershard/order-events';
import type { Collection, Db, Document, Filter } from 'mongodb';
import { SERVED_ORDER_VIEWS } from '../views/collections.ts';
import type { OrderViewDocument } from '../views/view-document.ts';
import type { ErasedOrders } from './erased-orders.ts';

/** The tombstones that projectors and rebuilds look at, by member: `{_id, upTo, recent}`. */
export const ERASURES = 'erasures';

interface Tombstone {
  readonly _id: string;
  /** Views of orders up to this number must hold no personal data of the member. */
  readonly upTo: bigint;
  /** Nor must the views of these orders, which have higher numbers. */
  readonly recent?: readonly bigint[];
  readonly at: Date;
}

const MAJORITY = { writeConcern: { w: 'majority' }, readConcern: { level: 'majority' } } as const;

/** Stores the tombstone of a member, which stays for good. A later tombstone of the same member extends it. */
export async function putTombstone(
  db: Db,
  { memberId, upTo, recent }: ErasedOrders,
  at: Date,
): Promise<void> {
  const all = { $setUnion: [{ $ifNull: ['$recent', []] }, recent] };
  await db
    .collection<Tombstone>(ERASURES, MAJORITY)
    .updateOne(
      { _id: memberId },
      [
        { $set: { upTo: { $max: ['$upTo', upTo] }, at } },
        { $set: { recent: { $filter: { input: all, cond: { $gt: ['$$this', '$upTo'] } } } } },
      ],
      { upsert: true },
    );
}

/**
 * Erases personal data of a member from all views, also from those of a rebuild under way. Returns how many views held some.
 */
export async function eraseViews(db: Db, whose: ErasedOrders): Promise<number> {
  let erased = 0;
  for (const views of await viewCollections(db)) {
    const { modifiedCount } = await views.updateMany(personal(whose), [
      { $unset: ['deliveryAddress', 'note'] },
      { $set: { cancellation: erasedEnding('cancellation'), refund: erasedEnding('refund') } },
    ]);
    erased += modifiedCount;
  }
  return erased;
}

/** Counts the views that hold personal data of a member. */
export async function searchViews(db: Db, whose: ErasedOrders): Promise<number> {
  let found = 0;
  for (const views of await viewCollections(db)) found += await views.countDocuments(personal(whose));
  return found;
}

/** Every collection of order views, served or not. */
async function viewCollections(db: Db): Promise<readonly Collection<OrderViewDocument>[]> {
  const names = await db.listCollections({}, { nameOnly: true }).toArray();
  return names
    .map(({ name }) => name)
    .filter((name) => name.startsWith(SERVED_ORDER_VIEWS))
    .map((name) => db.collection<OrderViewDocument>(name, MAJORITY));
}

function personal({ memberId, upTo, recent }: ErasedOrders): Filter<OrderViewDocument> {
  const ended = (field: string) => ({ [`${field}.reason`]: { $exists: true, $ne: ERASED_REASON } });
  return {
    memberId,
    $and: [
      { $or: [{ _id: { $lte: upTo } }, { _id: { $in: recent } }] },
      {
        $or: [
          { deliveryAddress: { $exists: true } },
          { note: { $exists: true } },
          ended('cancellation'),
          ended('refund'),
        ],
      },
    ],
  } as Filter<OrderViewDocument>;
}

/** The expression that replaces the reason of an ending; a missing ending stays missing. */
function erasedEnding(field: string): Document {
  return {
    $cond: [
      { $eq: [{ $type: `$${field}` }, 'object'] },
      { $mergeObjects: [`$${field}`, { reason: ERASED_REASON }] },
      '$$REMOVE',
    ],
  };
}
