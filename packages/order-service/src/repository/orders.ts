import type { ShardSession, ShardTransaction } from '@ordershard/shard-router';
import type { Order } from '../orders/order.ts';
import { VersionConflictError } from './errors.ts';
import { decodeOrder } from './order-row.ts';
import { insertOrder } from './sql/insert-order.ts';
import { insertOrderItems } from './sql/insert-order-items.ts';
import { selectOrder } from './sql/select-order.ts';
import { selectOrderForUpdate } from './sql/select-order-for-update.ts';
import { selectOrderItems } from './sql/select-order-items.ts';
import { updateOrder } from './sql/update-order.ts';

/** Stores a new order with its lines. */
export async function insertNewOrder(tx: ShardTransaction, order: Order): Promise<void> {
  await insertOrder(tx, order);
  await insertOrderItems(tx, order);
}

/** Reads an order as it is committed; undefined when there is none. */
export async function readOrder(session: ShardSession, number: bigint): Promise<Order | undefined> {
  const row = await selectOrder(session, number);
  return row === undefined ? undefined : decodeOrder(row, await selectOrderItems(session, number));
}

/** Reads the transaction's order and keeps others from changing it until the transaction ends. */
export async function lockOrder(tx: ShardTransaction): Promise<Order | undefined> {
  const row = await selectOrderForUpdate(tx);
  return row === undefined ? undefined : decodeOrder(row, await selectOrderItems(tx, tx.number));
}

/**
 * Stores what a change made of an order. Throws {@link VersionConflictError} when it is not at the version that the
 * change was decided on.
 */
export async function storeChange(tx: ShardTransaction, before: Order, after: Order): Promise<void> {
  if (!(await updateOrder(tx, after, before.version))) {
    throw new VersionConflictError(before.number, before.version);
  }
}
