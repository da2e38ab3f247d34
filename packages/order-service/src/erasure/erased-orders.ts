import { FRESH_NUMBER_WINDOW, lowestNumberAt } from '@ordershard/shard-router';

/** The longest time that a transaction can take until its commit, at the very most. */
const COMMIT_MS = 10 * 60_000;

/** The orders of a member that an erasure covers: those that exist already, and none that is placed later. */
export interface ErasedOrders {
  readonly memberId: string;
  /** No order can be placed any more with a number up to this one. */
  readonly upTo: bigint;
  /** The orders with higher numbers that exist already. */
  readonly recent: readonly bigint[];
}

/**
 * Returns the orders that an erasure covers. A number can be drawn before the erasure and used after it. So among the numbers
 * that can still be used, the erasure covers only those that were found. This way no clock has to tell an existing order from
 * one that is placed later.
 *
 * @param found the numbers of all orders that were found
 * @param nowMs Unix time by the shard clock that is furthest behind, read before the search for orders began
 */
export function erasedOrders(memberId: string, found: readonly bigint[], nowMs: number): ErasedOrders {
  const upTo = lowestNumberAt(nowMs - FRESH_NUMBER_WINDOW.behindMs - COMMIT_MS) - 1n;
  const recent = [...new Set(found)].filter((number) => number > upTo);
  return { memberId, upTo, recent };
}

/** Returns a function that says whether the erasure covers an order of the member. */
export function isMeant({ upTo, recent }: ErasedOrders): (order: bigint) => boolean {
  const all = new Set(recent);
  return (order) => order <= upTo || all.has(order);
}
