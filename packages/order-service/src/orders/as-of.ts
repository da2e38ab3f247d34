import type { Order } from './order.ts';

/**
 * Returns the order as it was at an earlier version. An order holds enough to go back: each version added one entry to its
 * timeline, and nothing else but how the order ended. So a repeated command gets its first answer without a stored copy of
 * it.
 *
 * Throws a RangeError for a version that the order has not had.
 */
export function asOf(order: Order, version: number): Order {
  if (version === order.version) return order;
  const timeline = order.timeline.slice(0, version);
  const last = timeline.at(-1);
  if (timeline.length !== version || last === undefined) {
    throw new RangeError(`order ${order.number} has had no version ${version}`);
  }
  const { cancellation, refund, ...rest } = order;
  const had = (status: string) => timeline.some((entry) => entry.status === status);
  return {
    ...rest,
    version,
    status: last.status,
    timeline,
    ...(had('cancelled') ? { cancellation } : {}),
    ...(had('refunded') ? { refund } : {}),
  };
}
