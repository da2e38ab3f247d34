import { decodeNumber } from '@ordershard/shard-router';

/** How far ahead the clock of whoever drew a number can be. */
const CLOCK_SKEW_MS = 60_000;
const LARGEST_NUMBER = 2n ** 63n - 1n;

/** Whether an order can have this number: it has 63 bits, and is not of a time to come. */
export function mayBeOrder(number: bigint, now: Date): boolean {
  return number <= LARGEST_NUMBER && decodeNumber(number).timeMs <= now.getTime() + CLOCK_SKEW_MS;
}
