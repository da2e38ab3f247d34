import { isOrderNumber } from '@ordershard/order-events';
import { OrderNotFoundError } from '../orders/errors.ts';
import { mayBeOrder } from '../orders/may-be-order.ts';

/** The order number of a path. What is no number, or one of a time to come, is no order either. */
export function numberOf(text: string, now: Date): bigint {
  if (!isOrderNumber(text)) throw new OrderNotFoundError(JSON.stringify(text.slice(0, 40)));
  const value = BigInt(text);
  if (!mayBeOrder(value, now)) throw new OrderNotFoundError(text);
  return value;
}
