import { decodeDetails, type OrderItemRow, type OrderRow } from '@ordershard/order-rows';
import { placedAt, updatedAt, type Order, type OrderLine } from '../orders/order.ts';

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
