import type { OrderSnapshot, OrderStatus } from '@ordershard/order-events';

/** An order as of a version, or a later one. */
export interface OrderVersion {
  readonly number: bigint;
  readonly version: number;
}

/** Whose orders: a member's, or those placed with a shop. */
export type OwnerOfOrders = { readonly memberId: string } | { readonly shopId: string };

/** What to search for. Everything that is given must hold. */
export interface OrderSearch {
  readonly owner?: OwnerOfOrders | undefined;
  /** One of these. */
  readonly statuses?: readonly OrderStatus[] | undefined;
  /** The least number. */
  readonly from?: bigint | undefined;
  /** Above the greatest number. */
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
  /** Of the next page; absent when this is the last. */
  readonly nextCursor?: string;
}

/**
 * How far a reader has seen the views, by the time of the store, 64 bits; 0 for nothing. A read that is given it shows
 * nothing older, or throws {@link ViewsBehindReaderError}, and takes it further.
 */
export interface ViewClock {
  time: bigint;
}

/**
 * The read side's views of orders, which lag a little behind the orders.
 * Every method throws {@link ViewsUnavailableError} when they cannot be read.
 */
export interface OrderViews {
  /** The view of an order; undefined when it is not there, or not there yet. */
  find(number: bigint, clock?: ViewClock): Promise<OrderSnapshot | undefined>;
  /** Those of `wanted` that have no view at the version, or a later one; where `owner` is given, no view of theirs. */
  behind(
    wanted: readonly OrderVersion[],
    owner?: OwnerOfOrders,
    clock?: ViewClock,
  ): Promise<readonly OrderVersion[]>;
  /** Throws {@link InvalidCursorError} for a cursor that is none. */
  search(what: OrderSearch, page: PageRequest, clock?: ViewClock): Promise<OrderPage>;
  /** The versions of those of these orders that have a view. */
  versions(numbers: readonly bigint[]): Promise<ReadonlyMap<bigint, number>>;
  /** Asks whether views can be read. */
  ping(): Promise<void>;
}
