import { expect, test } from '@jest/globals';
import { isOrderNumber, toOrderNumber } from './order-number.ts';

test.each(['0', '1', '9223372036854775807'])('%s is an order number', (text) => {
  expect(isOrderNumber(text)).toBe(true);
  expect(toOrderNumber(BigInt(text))).toBe(text);
});

test.each(['', '-1', '01', '1.0', '1e3', ' 1', '9223372036854775808', '99999999999999999999', '１'])(
  '%j is not an order number',
  (text) => expect(isOrderNumber(text)).toBe(false),
);

test('a value outside 63 bits is refused', () => {
  expect(() => toOrderNumber(-1n)).toThrow(RangeError);
  expect(() => toOrderNumber(2n ** 63n)).toThrow(RangeError);
});
