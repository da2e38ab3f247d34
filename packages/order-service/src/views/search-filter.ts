import type { Filter } from 'mongodb';
import type { OrderSearch } from './order-views.ts';
import type { OrderViewDocument } from './view-document.ts';

/**
 * Returns the filter of a search, for results by descending number, after the order that a cursor stands for. Each
 * combination (owner, status, or shop and status) has an index that begins with the fields compared for equality and ends
 * with `_id`; the server reads it backwards. For a member and a status, it skips the member's orders in other states, which
 * are few. For several statuses it merges one such walk for each.
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
