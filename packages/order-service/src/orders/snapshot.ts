import {
  eventId,
  eventTypeOf,
  toOrderNumber,
  type EncodedEvent,
  type OrderSnapshot,
} from '@ordershard/order-events';
import { placedAt, updatedAt, type Order } from './order.ts';

/** The contract's snapshot of an order: what events, stored answers and the REST API carry. */
export function toSnapshot(order: Order): OrderSnapshot {
  return {
    number: toOrderNumber(order.number),
    version: order.version,
    status: order.status,
    memberId: order.memberId,
    shopId: order.shopId,
    shopName: order.shopName,
    currency: order.currency,
    total: order.total.toString(),
    items: order.lines.map(({ line, menuId, name, unitPrice, quantity, amount }) => ({
      line,
      menuId,
      name,
      unitPrice: unitPrice.toString(),
      quantity,
      amount: amount.toString(),
    })),
    deliveryAddress: order.deliveryAddress,
    note: order.note,
    timeline: order.timeline,
    cancellation: order.cancellation,
    refund: order.refund,
    placedAt: placedAt(order),
    updatedAt: updatedAt(order),
  };
}

/** Returns the order of a snapshot: the reverse of {@link toSnapshot}. */
export function ofSnapshot(snapshot: OrderSnapshot): Order {
  return {
    number: BigInt(snapshot.number),
    version: snapshot.version,
    status: snapshot.status,
    memberId: snapshot.memberId,
    shopId: snapshot.shopId,
    shopName: snapshot.shopName,
    currency: snapshot.currency,
    total: BigInt(snapshot.total),
    lines: snapshot.items.map(({ unitPrice, amount, ...item }) => ({
      ...item,
      unitPrice: BigInt(unitPrice),
      amount: BigInt(amount),
    })),
    deliveryAddress: snapshot.deliveryAddress,
    note: snapshot.note,
    timeline: snapshot.timeline,
    cancellation: snapshot.cancellation,
    refund: snapshot.refund,
  };
}

/** Where an event comes from: the publishing cluster, and the request's W3C trace context where it had one. */
export interface EventOrigin {
  /** Such as `/ordershard/<cluster>/orders`. */
  readonly source: string;
  readonly traceparent?: string | undefined;
}

/** The event of the change that gave an order its present version. */
export function toEvent(snapshot: OrderSnapshot, { source, traceparent }: EventOrigin): EncodedEvent {
  return {
    id: eventId(snapshot.number, snapshot.version),
    source,
    type: eventTypeOf(snapshot.timeline),
    subject: snapshot.number,
    time: snapshot.updatedAt,
    sequence: snapshot.version,
    traceparent,
    json: JSON.stringify(snapshot),
  };
}
