import type { OrderNumber } from './order-number.ts';

/** The states of an order's life, in the order in which a smooth one passes them; then the ways it can end early. */
export const ORDER_STATUSES = [
  'created',
  'paid',
  'accepted',
  'cooking',
  'ready',
  'dispatched',
  'picked_up',
  'delivered',
  'cancelled',
  'refunded',
] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** Who acts on an order. */
export const ACTORS = ['member', 'shop', 'operator', 'service'] as const;

export type Actor = (typeof ACTORS)[number];

/** An amount in minor units of a currency, as decimal text: a 64-bit integer that no JSON reader can round. */
export type AmountText = string;

export interface OrderLineSnapshot {
  readonly line: number;
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: AmountText;
  readonly quantity: number;
  readonly amount: AmountText;
}

export interface DeliveryAddress {
  readonly line1: string;
  readonly line2?: string | undefined;
  readonly city?: string | undefined;
  readonly postalCode?: string | undefined;
}

export interface TimelineEntry {
  readonly status: OrderStatus;
  /** RFC 3339 UTC time. */
  readonly at: string;
}

/** The contract's information about an order, as of one version. Times are RFC 3339 in UTC with milliseconds. */
export interface OrderSnapshot {
  readonly number: OrderNumber;
  /** Counts the order's changes from 1. */
  readonly version: number;
  readonly status: OrderStatus;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly total: AmountText;
  readonly items: readonly OrderLineSnapshot[];
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
  readonly timeline: readonly TimelineEntry[];
  readonly cancellation?: { readonly by: Actor; readonly reason: string } | undefined;
  readonly refund?: { readonly by: Actor; readonly reason: string } | undefined;
  readonly placedAt: string;
  readonly updatedAt: string;
}
