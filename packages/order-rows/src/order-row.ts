import type { Actor, DeliveryAddress, OrderStatus, TimelineEntry } from '@ordershard/order-events';

/** A row of `orders`, as the router gives it: BIGINT and JSON as text. */
export interface OrderRow {
  readonly number: string;
  readonly version: number;
  readonly status: OrderStatus;
  readonly member_id: string;
  readonly shop_id: string;
  readonly currency: string;
  readonly total: string;
  readonly details: string;
}

/** A row of `order_items`. */
export interface OrderItemRow {
  readonly line: number;
  readonly menu_id: string;
  readonly name: string;
  readonly unit_price: string;
  readonly quantity: number;
  readonly amount: string;
}

/** The JSON of `orders.details`. */
export interface OrderDetails {
  readonly shopName: string;
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
  /** Never empty, oldest first. */
  readonly timeline: readonly TimelineEntry[];
  readonly cancellation?: { readonly by: Actor; readonly reason: string } | undefined;
  readonly refund?: { readonly by: Actor; readonly reason: string } | undefined;
}

/** Writes the JSON of an order's `details`. */
export function encodeDetails({
  shopName,
  deliveryAddress,
  note,
  timeline,
  cancellation,
  refund,
}: OrderDetails): string {
  const details: OrderDetails = { shopName, deliveryAddress, note, timeline, cancellation, refund };
  return JSON.stringify(details);
}

/** Reads `details` with the fields in our order: MySQL sorts them, and a repeated answer must be the same text. */
export function decodeDetails(json: string): OrderDetails {
  const {
    shopName,
    deliveryAddress: address,
    note,
    timeline,
    cancellation,
    refund,
  } = JSON.parse(json) as OrderDetails;
  return {
    shopName,
    deliveryAddress: address && {
      line1: address.line1,
      line2: address.line2,
      city: address.city,
      postalCode: address.postalCode,
    },
    note,
    timeline: timeline.map(({ status, at }) => ({ status, at })),
    cancellation: cancellation && { by: cancellation.by, reason: cancellation.reason },
    refund: refund && { by: refund.by, reason: refund.reason },
  };
}
