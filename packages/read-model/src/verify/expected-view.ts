import type { OrderEvent, OrderSnapshot } from '@ordershard/order-events';
import { orderView, type OrderView } from '../projections/order-view.ts';

/** Returns the view that an order should have: the projection of the event of its version. Throws ProjectionError. */
export function expectedView(snapshot: OrderSnapshot): OrderView {
  return orderView({ data: snapshot } as OrderEvent);
}
