import { isOrderNumber } from '@ordershard/order-events';
import { decodeNumber } from '@ordershard/shard-router';
import { OrderNotFoundError } from '../orders/errors.ts';

/** How far ahead the clock of whoever drew a number can be. */
const CLOCK_SKEW_MS = 60_000;

/** The order number of a path. What is no number, or one of a time to come, is no order either. */
export function numberOf(text: string, now: Date): bigint {
  if (!isOrderNumber(text)) throw new OrderNotFoundError(JSON.stringify(text.slice(0, 40)));
  const value = BigInt(text);
  if (decodeNumber(value).timeMs > now.getTime() + CLOCK_SKEW_MS) throw new OrderNotFoundError(text);
  return value;
}
