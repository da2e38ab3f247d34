import type { Filter } from 'mongodb';
import type { OrderSearch } from './order-views.ts';
import type { OrderViewDocument } from './view-document.ts';

/**
 * The filter of a search, for results by falling number, after the one that a cursor stands for. Each combination has an
 * index that begins with what is equal and ends with `_id`, along which it is read backwards: owner, status, or shop and
 * status. Of a member's orders, which are few, those of other states are passed over. For several statuses the server
 * merges one such walk for each.
 */
export function searchFilter(
  { owner, statuses, from, to }: OrderSearch,
  after?: bigint,
): Filter<OrderViewDocument> {
  const below = [to, after].filter((bound) => bound !== undefined);
  const lowest = below.length === 0 ? undefined : below.reduce((a, b) => (a < b ? a : b));
  return {
    ...owner,
    ...(statuses === undefined
      ? {}
      : { status: statuses.length === 1 ? statuses[0]! : { $in: [...statuses] } }),
    ...(from === undefined && lowest === undefined
      ? {}
      : {
          _id: {
            ...(from === undefined ? {} : { $gte: from }),
            ...(lowest === undefined ? {} : { $lt: lowest }),
          },
        }),
  };
}
