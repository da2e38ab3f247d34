import type { DeliveryAddress, OrderStatus, TimelineEntry } from '@ordershard/order-events';
import { placedAt, updatedAt, type Ending, type Order, type OrderLine } from '../orders/order.ts';

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
interface OrderDetails {
  readonly shopName: string;
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
  readonly timeline: readonly TimelineEntry[];
  readonly cancellation?: Ending | undefined;
  readonly refund?: Ending | undefined;
}

/** Writes the JSON of an order's `details`. */
export function encodeDetails({
  shopName,
  deliveryAddress,
  note,
  timeline,
  cancellation,
  refund,
}: Order): string {
  const details: OrderDetails = { shopName, deliveryAddress, note, timeline, cancellation, refund };
  return JSON.stringify(details);
}

/** Reads an order from its row and those of its items, which come in the order of their lines. */
export function decodeOrder(row: OrderRow, items: readonly OrderItemRow[]): Order {
  return {
    ...decodeDetails(row.details),
    number: BigInt(row.number),
    version: row.version,
    status: row.status,
    memberId: row.member_id,
    shopId: row.shop_id,
    currency: row.currency,
    total: BigInt(row.total),
    lines: items.map(decodeLine),
  };
}

/** Reads `details` with the fields in our order: MySQL sorts them, and an answer given again is to be the same text. */
function decodeDetails(json: string): OrderDetails {
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

function decodeLine(row: OrderItemRow): OrderLine {
  return {
    line: row.line,
    menuId: row.menu_id,
    name: row.name,
    unitPrice: BigInt(row.unit_price),
    quantity: row.quantity,
    amount: BigInt(row.amount),
  };
}

/** An RFC 3339 UTC time as text of a DATETIME(3) in UTC. */
export function toDatetime(time: string): string {
  return new Date(time).toISOString().slice(0, 23).replace('T', ' ');
}

/** When an order was created, and when it was last changed, as text of DATETIME(3) in UTC. */
export function datetimesOf(order: Order): { readonly createdAt: string; readonly updatedAt: string } {
  return { createdAt: toDatetime(placedAt(order)), updatedAt: toDatetime(updatedAt(order)) };
}
