import type { Statement } from '@ordershard/shard-router';
import type { OrderItemRow, OrderRow } from '../order-row.ts';
import type { AppliedUnitRow } from './select-applied-unit.ts';

/** A line of an order with the order's own columns beside it, and those of the unit that was asked for. */
export type OrderLineRow = OrderRow &
  OrderItemRow & { readonly [C in keyof AppliedUnitRow]: AppliedUnitRow[C] | null };

const COLUMNS = `orders.number, orders.version, orders.status, orders.member_id, orders.shop_id, orders.currency,
  orders.total, orders.details, item.line, item.menu_id, item.name, item.unit_price, item.quantity, item.amount`;

/**
 * Selects an order with its lines, which each repeat it, and whether unit `unitId` was applied to it. By primary keys in
 * one partition of each table, without a lock.
 */
export function selectOrder(number: bigint, unitId: Buffer | null = null): Statement<OrderLineRow> {
  return {
    sql: `SELECT ${COLUMNS}, unit.unit_hash, unit.result
            FROM orders
            JOIN order_items AS item ON item.number = orders.number
            LEFT JOIN applied_units AS unit
              ON unit.number = orders.number AND unit.unit_id = ? AND unit.outcome = 'applied'
           WHERE orders.number = ?
           ORDER BY item.line`,
    values: [unitId, number],
  };
}
