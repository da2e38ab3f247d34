import type { DeliveryAddress, OrderEventType } from '@ordershard/order-events';
import type { Ending, OrderLine } from './order.ts';

/** What happened to an order, as decided; `at` is RFC 3339 UTC with milliseconds. */
export type OrderChange = OrderCreated | OrderAdvanced | OrderEnded | OrderErased;

export interface OrderCreated {
  readonly type: 'order.created';
  readonly at: string;
  readonly number: bigint;
  readonly memberId: string;
  readonly shopId: string;
  readonly shopName: string;
  readonly currency: string;
  readonly total: bigint;
  readonly lines: readonly OrderLine[];
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
}

export interface OrderEnded extends Ending {
  readonly type: 'order.cancelled' | 'order.refunded';
  readonly at: string;
}

export interface OrderAdvanced {
  readonly type: Exclude<OrderEventType, (OrderCreated | OrderEnded | OrderErased)['type']>;
  readonly at: string;
}

/** The order lost the personal data of its member. Its state is unchanged. */
export interface OrderErased {
  readonly type: 'order.erased';
  readonly at: string;
}
