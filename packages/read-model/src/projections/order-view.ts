import {
  type Actor,
  ACTORS,
  ORDER_STATUSES,
  type OrderEvent,
  type OrderStatus,
} from '@ordershard/order-events';
import { amount, count, list, object, oneOf, optional, text, time } from './fields.ts';

/** An order as the read side keeps it: one document, made for showing. Amounts are minor units, as 64-bit integers. */
export interface OrderView {
  /** The order number. */
  readonly _id: bigint;
  readonly version: number;
  readonly status: OrderStatus;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly total: bigint;
  readonly items: readonly OrderLineView[];
  readonly deliveryAddress?: AddressView;
  readonly note?: string;
  readonly timeline: readonly TimelineEntryView[];
  readonly cancellation?: EndingView;
  readonly refund?: EndingView;
  readonly placedAt: Date;
  readonly updatedAt: Date;
}

export interface OrderLineView {
  readonly line: number;
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: bigint;
  readonly quantity: number;
  readonly amount: bigint;
}

export interface AddressView {
  readonly line1: string;
  readonly line2?: string;
  readonly city?: string;
  readonly postalCode?: string;
}

export interface TimelineEntryView {
  readonly status: OrderStatus;
  readonly at: Date;
}

/** Who ended an order, and why. */
export interface EndingView {
  readonly by: Actor;
  readonly reason: string;
}

/**
 * Returns the view of an order after an event. Takes over only the fields that a view has, so no name that came from outside
 * becomes a field of the document.
 *
 * @throws ProjectionError that names the invalid field
 */
export function orderView({ data }: Pick<OrderEvent, 'data'>): OrderView {
  return {
    _id: amount(data.number, 'number'),
    version: count(data.version, 'version'),
    status: oneOf(ORDER_STATUSES, data.status, 'status'),
    memberId: text(data.memberId, 'memberId'),
    shopId: text(data.shopId, 'shopId'),
    shopName: text(data.shopName, 'shopName'),
    currency: text(data.currency, 'currency'),
    total: amount(data.total, 'total'),
    items: list(data.items, 'items', lineView),
    ...optional('deliveryAddress', data.deliveryAddress, addressView),
    ...optional('note', data.note, text),
    timeline: list(data.timeline, 'timeline', timelineEntryView),
    ...optional('cancellation', data.cancellation, endingView),
    ...optional('refund', data.refund, endingView),
    placedAt: time(data.placedAt, 'placedAt'),
    updatedAt: time(data.updatedAt, 'updatedAt'),
  };
}

function lineView(value: unknown, field: string): OrderLineView {
  return object(value, field, (line) => ({
    line: count(line['line'], '.line'),
    menuId: text(line['menuId'], '.menuId'),
    name: text(line['name'], '.name'),
    unitPrice: amount(line['unitPrice'], '.unitPrice'),
    quantity: count(line['quantity'], '.quantity'),
    amount: amount(line['amount'], '.amount'),
  }));
}

function addressView(value: unknown, field: string): AddressView {
  return object(value, field, ({ line1, line2, city, postalCode }) => ({
    line1: text(line1, '.line1'),
    ...(line2 == null ? {} : { line2: text(line2, '.line2') }),
    ...(city == null ? {} : { city: text(city, '.city') }),
    ...(postalCode == null ? {} : { postalCode: text(postalCode, '.postalCode') }),
  }));
}

function timelineEntryView(value: unknown, field: string): TimelineEntryView {
  return object(value, field, (entry) => ({
    status: oneOf(ORDER_STATUSES, entry['status'], '.status'),
    at: time(entry['at'], '.at'),
  }));
}

function endingView(value: unknown, field: string): EndingView {
  return object(value, field, (ending) => ({
    by: oneOf(ACTORS, ending['by'], '.by'),
    reason: text(ending['reason'], '.reason'),
  }));
}
