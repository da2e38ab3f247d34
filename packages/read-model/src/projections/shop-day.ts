import type { OrderEvent, OrderStatus } from '@ordershard/order-events';
import { decodeNumber } from '@ordershard/shard-router';
import type { OrderView } from './order-view.ts';
import { amount, count, sum, text } from './fields.ts';

/** The summary of a shop's UTC day, over the orders that were placed on that day. */
export interface ShopDay {
  /** `2026-01-02/shop-1`. */
  readonly _id: string;
  /**
   * When its order views were read, by the clock of the replica set: of two summaries, the one that has seen more has the
   * higher version. A sum of the orders' versions would fall when an order goes or is mended.
   */
  readonly version: bigint;
  readonly shopId: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly orders: number;
  /** How many orders are in each status; a status without orders is left out. */
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

/** A change that a summary has to include. */
export interface ShopDayChange {
  readonly shopId: string;
  readonly day: string;
  readonly number: bigint;
  readonly version: number;
}

/** The fields of an order's view that a summary needs. */
export type ShopDayOrder = Pick<OrderView, 'status' | 'currency' | 'total'>;

const UNDONE: ReadonlySet<OrderStatus> = new Set(['cancelled', 'refunded']);

/** Returns the day on which an order was placed, from its number. */
export function dayOf(number: bigint): string {
  return new Date(decodeNumber(number).timeMs).toISOString().slice(0, 10);
}

/** Returns which summary an event changes. @throws ProjectionError that names the invalid field */
export function shopDayChange({ data }: Pick<OrderEvent, 'data'>): ShopDayChange {
  const number = amount(data.number, 'number');
  return {
    shopId: text(data.shopId, 'shopId'),
    day: dayOf(number),
    number,
    version: count(data.version, 'version'),
  };
}

/** The id of a shop's day. */
export function shopDayId({ shopId, day }: Pick<ShopDay, 'shopId' | 'day'>): string {
  return `${day}/${shopId}`;
}

/** Summarises all of a shop's orders of a day. @throws ProjectionError when the sales are beyond 64 bits */
export function shopDay(
  { shopId, day }: Pick<ShopDay, 'shopId' | 'day'>,
  version: bigint,
  orders: readonly ShopDayOrder[],
): ShopDay {
  const statuses: { [S in OrderStatus]?: number } = {};
  const sales = new Map<string, { placed: bigint; kept: bigint }>();
  for (const order of orders) {
    statuses[order.status] = (statuses[order.status] ?? 0) + 1;
    const sold = sales.get(order.currency) ?? { placed: 0n, kept: 0n };
    sold.placed += order.total;
    if (!UNDONE.has(order.status)) sold.kept += order.total;
    sales.set(order.currency, sold);
  }
  return {
    _id: shopDayId({ shopId, day }),
    version,
    shopId,
    day,
    orders: orders.length,
    statuses,
    sales: [...sales]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, { placed, kept }]) => ({
        currency,
        placed: sum(placed, `placed ${currency}`),
        kept: sum(kept, `kept ${currency}`),
      })),
  };
}
