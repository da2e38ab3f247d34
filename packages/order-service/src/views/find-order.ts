import type { OrderSnapshot } from '@ordershard/order-events';
import type { ShardRouter } from '@ordershard/shard-router';
import { maySee, type Caller } from '../commands/caller.ts';
import { OrderNotFoundError } from '../orders/errors.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { readOrder } from '../repository/orders.ts';
import { ViewsUnavailableError } from './errors.ts';
import type { OrderViews } from './order-views.ts';

export interface QueryParts {
  readonly views: OrderViews;
  readonly router: ShardRouter;
}

/**
 * Finds an order that the caller may know of: its view, or where that is not there yet, or cannot be read, the order
 * itself, from the shard that owns it.
 *
 * @throws OrderNotFoundError for a number of no order, or of someone else's
 * @throws the router's errors
 */
export async function findOrder(parts: QueryParts, caller: Caller, number: bigint): Promise<OrderSnapshot> {
  const order = (await findView(parts.views, number)) ?? (await findOnShard(parts.router, number));
  if (order === undefined || !maySee(caller, order)) throw new OrderNotFoundError(number);
  return order;
}

async function findView(views: OrderViews, number: bigint): Promise<OrderSnapshot | undefined> {
  try {
    return await views.find(number);
  } catch (error) {
    if (error instanceof ViewsUnavailableError) return undefined;
    throw error;
  }
}

async function findOnShard(router: ShardRouter, number: bigint): Promise<OrderSnapshot | undefined> {
  const stored = await readOrder(router, number);
  return stored === undefined ? undefined : toSnapshot(stored.order);
}
