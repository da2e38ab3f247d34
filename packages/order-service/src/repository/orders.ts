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
  /** The version that the unit that was asked about gave it; undefined when it was not applied. */
  readonly appliedVersion: number | undefined;
}

/**
 * Reads an order from the shard that owns it; undefined when there is none.
 *
 * @throws KeyReusedError when `unit` has the id of another request
 * @throws the router's errors
 */
export async function readOrder(
  router: ShardRouter,
  number: bigint,
  unit?: Unit,
): Promise<StoredOrder | undefined> {
  const rows = await router.readRows(number, selectOrder(number, unit?.id));
  const [first] = rows;
  if (first === undefined) return undefined;
  const { unit_hash: hash, result } = first;
  return {
    order: decodeOrder(first, rows),
    appliedVersion:
      unit === undefined || hash === null ? undefined : appliedVersion(unit, { unit_hash: hash, result }),
  };
}
