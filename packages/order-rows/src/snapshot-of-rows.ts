import { type OrderSnapshot, toOrderNumber } from '@ordershard/order-events';
import { decodeDetails, type OrderItemRow, type OrderRow } from './order-row.ts';
import type { OrderLineRow } from './sql/select-orders.ts';

/**
 * The snapshot that an order's rows hold, its items in the order of their lines: what the event of the same version
 * carries, field for field.
 */
export function snapshotOfRows(row: OrderRow, items: readonly OrderItemRow[]): OrderSnapshot {
  const { shopName, deliveryAddress, note, timeline, cancellation, refund } = decodeDetails(row.details);
  return {
    number: toOrderNumber(BigInt(row.number)),
    version: row.version,
    status: row.status,
    memberId: row.member_id,
    shopId: row.shop_id,
    shopName,
    currency: row.currency,
    total: row.total,
    items: items.map(({ line, menu_id, name, unit_price, quantity, amount }) => ({
      line,
      menuId: menu_id,
      name,
      unitPrice: unit_price,
      quantity,
      amount,
    })),
    deliveryAddress,
    note,
    timeline,
    cancellation,
    refund,
    placedAt: timeline[0]!.at,
    updatedAt: timeline.at(-1)!.at,
  };
}

/** The snapshots of rows that hold an order beside each of its lines, in the order of numbers and lines. */
export function snapshotsOfLines(lines: readonly OrderLineRow[]): OrderSnapshot[] {
  const snapshots: OrderSnapshot[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from + 1;
    while (to < lines.length && lines[to]!.number === lines[from]!.number) to += 1;
    const items = lines.slice(from, to).filter((line) => line.line !== null) as OrderItemRow[];
    snapshots.push(snapshotOfRows(lines[from]!, items));
    from = to;
  }
  return snapshots;
}
