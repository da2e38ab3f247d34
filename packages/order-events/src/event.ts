import type { OrderNumber } from './order-number.ts';
import type { OrderSnapshot, OrderStatus, TimelineEntry } from './snapshot.ts';

/** The event that a change into each state publishes: subject and action in the past tense. */
export const EVENT_OF_STATUS = {
  created: 'order.created',
  paid: 'order.paid',
  accepted: 'order.accepted',
  cooking: 'order.cooking_started',
  ready: 'order.prepared',
  dispatched: 'order.dispatched',
  picked_up: 'order.picked_up',
  delivered: 'order.delivered',
  cancelled: 'order.cancelled',
  refunded: 'order.refunded',
} as const satisfies Record<OrderStatus, `order.${string}`>;

/**
 * The event that is published when an order loses the personal data of its member: a change that leaves its state as it is.
 */
export const ERASED_EVENT = 'order.erased';

export type OrderEventType = (typeof EVENT_OF_STATUS)[OrderStatus] | typeof ERASED_EVENT;

/** Every type of event that there is. */
export const ORDER_EVENT_TYPES: readonly OrderEventType[] = [
  ...new Set(Object.values(EVENT_OF_STATUS)),
  ERASED_EVENT,
];

/**
 * Returns the type of the event that published a version of an order, from the timeline up to it. No command leads from a
 * state to the same state, so a state that comes twice in a row stands for an erasure.
 */
export function eventTypeOf(timeline: readonly TimelineEntry[], version = timeline.length): OrderEventType {
  const { status } = timeline[version - 1]!;
  return timeline[version - 2]?.status === status ? ERASED_EVENT : EVENT_OF_STATUS[status];
}

/** The attributes of every order event, in the terms of CloudEvents 1.0. */
export interface EventAttributes {
  /** `<order number>-<version>`: the same change always has the same id. */
  readonly id: string;
  /** URI reference of who publishes, such as `/ordershard/<cluster>/orders`. */
  readonly source: string;
  readonly type: OrderEventType;
  readonly subject: OrderNumber;
  /** When the change was decided; RFC 3339 UTC. */
  readonly time: string;
  /** The order's version after the change. */
  readonly sequence: number;
  /** W3C trace context of the request that made the change. */
  readonly traceparent?: string | undefined;
}

/** One committed change of an order, with the order as it is after the change. */
export interface OrderEvent extends EventAttributes {
  readonly data: OrderSnapshot;
}

/** One committed change of an order. It only says which change it is: consumers fetch what they need. */
export type ZeroPayloadEvent = EventAttributes;

/** The id of the event of one version of an order. */
export function eventId(number: OrderNumber, version: number): string {
  return `${number}-${version}`;
}
