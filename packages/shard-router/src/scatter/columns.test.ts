import { expect, test } from '@jest/globals';
import { compareValues, type OrderedType, orderValue } from './columns.ts';

test.each<[OrderedType, unknown, unknown]>([
  ['integer', '9223372036854775807', 2n ** 63n - 1n],
  ['integer', '-12', -12n],
  ['integer', 12, 12n],
  ['integer', 2 ** 53, undefined],
  ['integer', 1.5, undefined],
  ['integer', '1.5', undefined],
  ['integer', '', undefined],
  ['integer', null, undefined],
  ['text', 'a', 'a'],
  ['text', '', ''],
  ['text', '\ud800', undefined],
  ['text', 7, undefined],
  ['text', null, undefined],
  ['datetime', '2026-01-31 23:59:59', '2026-01-31 23:59:59'],
  ['datetime', '2026-01-31 23:59:59.123', '2026-01-31 23:59:59.123'],
  ['datetime', '2026-01-31T23:59:59Z', undefined],
  ['datetime', new Date(), undefined],
])('%s %j is read as %p', (type, value, read) => {
  expect(orderValue(type, value)).toBe(read);
});

test('integers compare as numbers, not as texts', () => {
  expect(compareValues('integer', 9n, 10n)).toBeLessThan(0);
  expect(compareValues('integer', -9n, -10n)).toBeGreaterThan(0);
});

test('spaces fill up the shorter text', () => {
  expect(compareValues('text', 'a', 'a  ')).toBe(0);
  expect(compareValues('text', 'a\t', 'a')).toBeLessThan(0);
  expect(compareValues('text', 'a!', 'a')).toBeGreaterThan(0);
});
