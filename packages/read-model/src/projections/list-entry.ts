import { ORDER_STATUSES, type OrderEvent, type OrderStatus } from '@ordershard/order-events';
import { amount, count, list, object, oneOf, text, time } from './fields.ts';

/** An order as a list shows it: a fifth of the order's view. */
export interface ListEntry {
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
  /** The name of the first item; empty when the order has no items. */
  readonly title: string;
  /** How many things were ordered. */
  readonly quantity: number;
  readonly placedAt: Date;
  readonly updatedAt: Date;
}

/**
 * Returns the list entry of an order after an event.
 *
 * @throws ProjectionError that names the invalid field
 */
export function listEntry({ data }: Pick<OrderEvent, 'data'>): ListEntry {
  const lines = list(data.items, 'items', (item, field) =>
    object(item, field, ({ name, quantity }) => ({
      name: text(name, '.name'),
      quantity: count(quantity, '.quantity'),
    })),
  );
  return {
    _id: amount(data.number, 'number'),
    version: count(data.version, 'version'),
    status: oneOf(ORDER_STATUSES, data.status, 'status'),
    memberId: text(data.memberId, 'memberId'),
    shopId: text(data.shopId, 'shopId'),
    shopName: text(data.shopName, 'shopName'),
    currency: text(data.currency, 'currency'),
    total: amount(data.total, 'total'),
    title: lines[0]?.name ?? '',
    quantity: count(
      lines.reduce((sum, { quantity }) => sum + quantity, 0),
      'quantity of all items',
    ),
    placedAt: time(data.placedAt, 'placedAt'),
    updatedAt: time(data.updatedAt, 'updatedAt'),
  };
}
