import {
  EVENT_OF_STATUS,
  type OrderEventType,
  type OrderStatus,
  withoutPersonalData,
} from '@ordershard/order-events';
import type { OrderChange } from './change.ts';
import type { Order } from './order.ts';

const STATUS_OF_EVENT = Object.fromEntries(
  Object.entries(EVENT_OF_STATUS).map(([status, type]) => [type, status]),
) as Readonly<Record<Exclude<OrderEventType, 'order.erased'>, OrderStatus>>;

/**
 * Returns the state after a change that was decided on `state`. The version rises by one, and the timeline gets one entry.
 * Throws a TypeError for a change of an order that does not exist: changes come from `decide`, which never returns such a
 * change.
 */
export function evolve(state: Order | undefined, change: OrderChange): Order {
  if (change.type === 'order.created') {
    const { type: _, at, ...fields } = change;
    return { ...fields, version: 1, status: 'created', timeline: [{ status: 'created', at }] };
  }
  if (state === undefined) throw new TypeError(`${change.type} of an order that does not exist`);
  const status = change.type === 'order.erased' ? state.status : STATUS_OF_EVENT[change.type];
  const next: Order = {
    ...state,
    version: state.version + 1,
    status,
    timeline: [...state.timeline, { status, at: change.at }],
  };
  switch (change.type) {
    case 'order.cancelled':
      return { ...next, cancellation: { by: change.by, reason: change.reason } };
    case 'order.refunded':
      return { ...next, refund: { by: change.by, reason: change.reason } };
    case 'order.erased':
      return withoutPersonalData(next);
    default:
      return next;
  }
}
