import { BY_DAY, CARRIED, type OrderTables } from '@ordershard/order-rows';
import type { ShardRouter, Statement } from '@ordershard/shard-router';
import type { Order } from '../orders/order.ts';
import { appliedVersion, type Unit } from './applied-units.ts';
import { decodeOrder } from './order-row.ts';
import { insertOrder } from './sql/insert-order.ts';
import { insertOrderItems } from './sql/insert-order-items.ts';
import { selectOrder } from './sql/select-order.ts';

/** The statements that store a new order with its lines. */
export function newOrder(order: Order, bucket: number): readonly [Statement, Statement] {
  return [insertOrder(order, bucket), insertOrderItems(order, bucket)];
}

/** An order as it is committed. */
export interface StoredOrder {
  readonly order: Order;
  /** The version that the requested unit gave the order; undefined when the unit was not applied. */
  readonly appliedVersion: number | undefined;
  /** The tables that held the order's rows when they were read. */
  readonly tables: OrderTables;
}

/**
 * Reads an order from the shard that owns it: first from the tables by day, then from those of orders that have outlived
 * their day, because orders only move in that direction. Returns undefined when there is none, or none any more.
 *
 * @throws KeyReusedError when `unit` has the id of another request
 * @throws the router's errors
 */
export async function readOrder(
  router: Pick<ShardRouter, 'readRows'>,
  number: bigint,
  unit?: Unit,
): Promise<StoredOrder | undefined> {
  return (await readFrom(router, number, unit, BY_DAY)) ?? (await readFrom(router, number, unit, CARRIED));
}

async function readFrom(
  router: Pick<ShardRouter, 'readRows'>,
  number: bigint,
  unit: Unit | undefined,
  tables: OrderTables,
): Promise<StoredOrder | undefined> {
  const rows = await router.readRows(number, selectOrder(number, unit?.id, tables));
  const [first] = rows;
  if (first === undefined) return undefined;
  const { unit_hash: hash, result } = first;
  return {
    order: decodeOrder(first, rows),
    tables,
    appliedVersion:
      unit === undefined || hash === null ? undefined : appliedVersion(unit, { unit_hash: hash, result }),
  };
}
