/** The tables that hold the rows of an order. */
export interface OrderTables {
  readonly orders: string;
  readonly items: string;
  readonly units: string;
}

/** Orders that lie in the partition of their day. */
export const BY_DAY: OrderTables = { orders: 'orders', items: 'order_items', units: 'applied_units' };

/** Orders that have outlived their day. An order's rows lie in the one or the other, never in both. */
export const CARRIED: OrderTables = {
  orders: 'orders_carried',
  items: 'order_items_carried',
  units: 'applied_units_carried',
};
