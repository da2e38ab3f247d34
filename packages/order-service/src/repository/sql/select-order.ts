import {
  BY_DAY,
  ORDER_LINE_COLUMNS,
  type OrderItemRow,
  type OrderRow,
  type OrderTables,
} from '@ordershard/order-rows';
import type { Statement } from '@ordershard/shard-router';
import type { AppliedUnitRow } from './select-applied-unit.ts';

/** A line of an order, with the columns of the order itself and of the requested unit. */
export type OrderLineRow = OrderRow &
  OrderItemRow & { readonly [C in keyof AppliedUnitRow]: AppliedUnitRow[C] | null };

/**
 * Selects the lines of an order, each with the order's columns, and whether unit `unitId` was applied to it. By primary keys,
 * in one partition of each partitioned table, without a lock.
 */
export function selectOrder(
  number: bigint,
  unitId: Buffer | null = null,
  { orders, items, units }: OrderTables = BY_DAY,
): Statement<OrderLineRow> {
  return {
    sql: `SELECT ${ORDER_LINE_COLUMNS}, unit.unit_hash, unit.result
            FROM ${orders} AS orders
            JOIN ${items} AS item ON item.number = orders.number
            LEFT JOIN ${units} AS unit
              ON unit.number = orders.number AND unit.unit_id = ? AND unit.outcome = 'applied'
           WHERE orders.number = ?
           ORDER BY item.line`,
    values: [unitId, number],
  };
}
