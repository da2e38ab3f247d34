/** The collection that order views are read from: version 1 of that projection. The one place to name it. */
export const SERVED_ORDER_VIEWS = 'order_views';
