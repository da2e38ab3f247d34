import type { Actor, DeliveryAddress, OrderStatus, TimelineEntry } from '@ordershard/order-events';

/** One line of an order. Amounts are in minor units of the order's currency. */
export interface OrderLine {
  /** Counts from 1. */
  readonly line: number;
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: bigint;
  readonly quantity: number;
  readonly amount: bigint;
}

/** Who ended an order early, and why. */
export interface Ending {
  readonly by: Actor;
  readonly reason: string;
}

/** The state of an order as of one version. Each version adds exactly one entry to the timeline. */
export interface Order {
  readonly number: bigint;
  /** Counts the order's changes from 1. */
  readonly version: number;
  readonly status: OrderStatus;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Minor units. */
  readonly total: bigint;
  readonly lines: readonly OrderLine[];
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
  /** Never empty, oldest first; times never go back. */
  readonly timeline: readonly TimelineEntry[];
  readonly cancellation?: Ending | undefined;
  readonly refund?: Ending | undefined;
}

/** When the order came to be; RFC 3339 UTC. */
export function placedAt(order: Order): string {
  return order.timeline[0]!.at;
}

/** When the order last changed; RFC 3339 UTC. */
export function updatedAt(order: Order): string {
  return order.timeline.at(-1)!.at;
}

/** Whether the order was ever paid. */
export function wasPaid(order: Order): boolean {
  return order.timeline.some(({ status }) => status === 'paid');
}

/** Whether no command can change the order any more: refunded, or cancelled with nothing to give back. */
export function isFinal(order: Order): boolean {
  return order.status === 'refunded' || (order.status === 'cancelled' && !wasPaid(order));
}
