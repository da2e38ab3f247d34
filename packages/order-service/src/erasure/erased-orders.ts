import { FRESH_NUMBER_WINDOW, lowestNumberAt } from '@ordershard/shard-router';

/** The longest that a transaction can be on its way to its commit, at the very most. */
const COMMIT_MS = 10 * 60_000;

/** Which orders of a member an erasure means: those that were there, and none that is placed later. */
export interface ErasedOrders {
  readonly memberId: string;
  /** No order can be placed any more with a number up to this one. */
  readonly upTo: bigint;
  /** The orders with higher numbers that were there. */
  readonly recent: readonly bigint[];
}

/**
 * The orders that an erasure means. A number can be drawn before the erasure and used after it, so of the numbers that can
 * still be used only those are meant that were found; it takes no clock to tell an order from one that is placed later.
 *
 * @param found the numbers of all orders that were found
 * @param nowMs Unix time by the shard's clock that is furthest behind, read before the orders were looked for
 */
export function erasedOrders(memberId: string, found: readonly bigint[], nowMs: number): ErasedOrders {
  const upTo = lowestNumberAt(nowMs - FRESH_NUMBER_WINDOW.behindMs - COMMIT_MS) - 1n;
  const recent = [...new Set(found)].filter((number) => number > upTo);
  return { memberId, upTo, recent };
}

/** Tells whether an order of the member is meant. */
export function isMeant({ upTo, recent }: ErasedOrders): (order: bigint) => boolean {
  const all = new Set(recent);
  return (order) => order <= upTo || all.has(order);
}
