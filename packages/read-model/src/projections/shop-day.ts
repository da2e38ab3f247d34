import type { OrderEvent, OrderStatus } from '@ordershard/order-events';
import { decodeNumber } from '@ordershard/shard-router';
import type { OrderView } from './order-view.ts';
import { amount, count, text } from './fields.ts';

/** What a shop did on one UTC day, of the orders that were placed on it. */
export interface ShopDay {
  /** `2026-01-02/shop-1`. */
  readonly _id: string;
  /**
   * The sum of its orders' versions. It rises with each change of each of them, so of two summaries the one that knows
   * more has the higher one.
   */
  readonly version: bigint;
  readonly shopId: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly orders: number;
  /** How many are in each status; those in which none is are left out. */
  readonly statuses: { readonly [S in OrderStatus]?: number };
  /** By ISO 4217 code, lowest first. Amounts in minor units. */
  readonly sales: readonly ShopDaySales[];
}

export interface ShopDaySales {
  readonly currency: string;
  readonly placed: bigint;
  /** Without cancelled and refunded orders. */
  readonly kept: bigint;
}

/** A change that a summary is to know of. */
export interface ShopDayChange {
  readonly shopId: string;
  readonly day: string;
  readonly number: bigint;
  readonly version: number;
}

/** What is asked of an order's view for a summary. */
export type ShopDayOrder = Pick<OrderView, 'version' | 'status' | 'currency' | 'total'>;

const UNDONE: ReadonlySet<OrderStatus> = new Set(['cancelled', 'refunded']);

/** Which summary an event changes. @throws ProjectionError naming the field that is not what it should be */
export function shopDayChange({ data }: Pick<OrderEvent, 'data'>): ShopDayChange {
  const number = amount(data.number, 'number');
  return {
    shopId: text(data.shopId, 'shopId'),
    day: new Date(decodeNumber(number).timeMs).toISOString().slice(0, 10),
    number,
    version: count(data.version, 'version'),
  };
}

/** The summary of all of a shop's orders of a day. */
export function shopDay(shopId: string, day: string, orders: readonly ShopDayOrder[]): ShopDay {
  const statuses: { [S in OrderStatus]?: number } = {};
  const sales = new Map<string, { placed: bigint; kept: bigint }>();
  let version = 0n;
  for (const order of orders) {
    version += BigInt(order.version);
    statuses[order.status] = (statuses[order.status] ?? 0) + 1;
    const sold = sales.get(order.currency) ?? { placed: 0n, kept: 0n };
    sold.placed += order.total;
    if (!UNDONE.has(order.status)) sold.kept += order.total;
    sales.set(order.currency, sold);
  }
  return {
    _id: `${day}/${shopId}`,
    version,
    shopId,
    day,
    orders: orders.length,
    statuses,
    sales: [...sales]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, sold]) => ({ currency, ...sold })),
  };
}
