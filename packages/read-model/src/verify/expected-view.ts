import type { OrderEvent, OrderSnapshot } from '@ordershard/order-events';
import { orderView, type OrderView } from '../projections/order-view.ts';

/** The view that an order should have: what the event of its version is projected to. Throws ProjectionError. */
export function expectedView(snapshot: OrderSnapshot): OrderView {
  return orderView({ data: snapshot } as OrderEvent);
}
