import { isOrderNumber } from '@ordershard/order-events';
import { OrderNotFoundError } from '../orders/errors.ts';
import { mayBeOrder } from '../orders/may-be-order.ts';

/**
 * Returns the order number in a path. Throws OrderNotFoundError for text that is no order number, and for a number of a time
 * to come.
 */
export function numberOf(text: string, now: Date): bigint {
  if (!isOrderNumber(text)) throw new OrderNotFoundError(JSON.stringify(text.slice(0, 40)));
  const value = BigInt(text);
  if (!mayBeOrder(value, now)) throw new OrderNotFoundError(text);
  return value;
}
