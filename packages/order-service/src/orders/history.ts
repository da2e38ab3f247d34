import {
  eventTypeOf,
  type Actor,
  type OrderEventType,
  type OrderSnapshot,
  type OrderStatus,
} from '@ordershard/order-events';

/** What one version of an order added to it. */
export interface HistoryEntry {
  readonly version: number;
  readonly type: OrderEventType;
  readonly status: OrderStatus;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Who ended the order, and why, if this version ended it. */
  readonly by?: Actor;
  readonly reason?: string;
}

/** Returns what happened to an order after version `after`; everything after version 0. Each version added one entry. */
export function historyOf(order: OrderSnapshot, after = 0): readonly HistoryEntry[] {
  return order.timeline.slice(after).map(({ status, at }, index) => {
    const version = after + index + 1;
    const type = eventTypeOf(order.timeline, version);
    return {
      version,
      type,
      status,
      at,
      ...(type === 'order.cancelled'
        ? order.cancellation
        : type === 'order.refunded'
          ? order.refund
          : undefined),
    };
  });
}

/** Whether nothing can happen to an order any more: it is refunded, or was cancelled before it was paid. */
export function isOver({ status, timeline }: Pick<OrderSnapshot, 'status' | 'timeline'>): boolean {
  return (
    status === 'refunded' || (status === 'cancelled' && !timeline.some((entry) => entry.status === 'paid'))
  );
}
