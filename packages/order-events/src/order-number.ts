declare const brand: unique symbol;

/** An order number as decimal text, such as `"8329712349876224"`: what JSON and events carry. */
export type OrderNumber = string & { readonly [brand]: 'OrderNumber' };

const LARGEST = 2n ** 63n - 1n;

/** Whether `text` is the decimal text of a number in [0, 2^63), with no sign and no leading zero. */
export function isOrderNumber(text: string): text is OrderNumber {
  return /^(0|[1-9]\d{0,18})$/.test(text) && BigInt(text) <= LARGEST;
}

/** Writes a number as an {@link OrderNumber}. Throws a RangeError outside [0, 2^63). */
export function toOrderNumber(value: bigint): OrderNumber {
  const text = value.toString();
  if (!isOrderNumber(text)) throw new RangeError(`not an order number: ${text}`);
  return text;
}
