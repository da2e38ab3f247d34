import type { OrderSnapshot, OrderStatus } from '@ordershard/order-events';

/** An order as of a version, or a later one. */
export interface OrderVersion {
  readonly number: bigint;
  readonly version: number;
}

/** Whose orders: a member's, or those placed with a shop. */
export type OwnerOfOrders = { readonly memberId: string } | { readonly shopId: string };

/** What to search for. An order must match every field that is set. */
export interface OrderSearch {
  readonly owner?: OwnerOfOrders | undefined;
  /** One of these. */
  readonly statuses?: readonly OrderStatus[] | undefined;
  /** The lowest number, inclusive. */
  readonly from?: bigint | undefined;
  /** The upper bound of the numbers, exclusive. */
  readonly to?: bigint | undefined;
}

/** Which page of a list: at most `limit` orders after the one that `cursor` stands for. */
export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Orders, the newest first. */
export interface OrderPage {
  readonly orders: readonly OrderSnapshot[];
  /** The cursor of the next page; absent on the last page. */
  readonly nextCursor?: string;
}

/**
 * How far a reader has seen the views, as a time of the store, 64 bits; 0 if it has seen nothing. A read with this clock
 * returns nothing older, or throws {@link ViewsBehindReaderError}, and advances the clock.
 */
export interface ViewClock {
  time: bigint;
}

/**
 * The read side's views of orders, which lag a little behind the orders. Every method throws {@link ViewsUnavailableError}
 * when the views cannot be read.
 */
export interface OrderViews {
  /** Returns the view of an order; undefined when there is none, or none yet. */
  find(number: bigint, clock?: ViewClock): Promise<OrderSnapshot | undefined>;
  /**
   * Returns the orders of `wanted` that have no view at their version or a later one. With `owner`, only views of that owner
   * count.
   */
  behind(
    wanted: readonly OrderVersion[],
    owner?: OwnerOfOrders,
    clock?: ViewClock,
  ): Promise<readonly OrderVersion[]>;
  /** Throws {@link InvalidCursorError} for text that is not a cursor. */
  search(what: OrderSearch, page: PageRequest, clock?: ViewClock): Promise<OrderPage>;
  /** Returns the versions of the views of these orders; an order without a view is left out. */
  versions(numbers: readonly bigint[]): Promise<ReadonlyMap<bigint, number>>;
  /** Resolves when the views can be read. */
  ping(): Promise<void>;
}
