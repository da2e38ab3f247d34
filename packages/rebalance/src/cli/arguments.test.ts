import { expect, test } from '@jest/globals';
import {
  collected,
  dayOf,
  numberOf,
  planIdOf,
  secondsAhead,
  shardId,
  textWithin,
  wholeWithin,
} from './arguments.ts';

const refused = (read: (text: string) => unknown, ...texts: string[]) => {
  for (const text of texts) expect(() => read(text)).toThrow(/./);
};

test('whole numbers have bounds, and are no other text', () => {
  expect([shardId('0'), shardId('1023')]).toEqual([0, 1_023]);
  refused(shardId, '1024', '-1', '1.5', '0x1', '', ' 1', '1e2');
  expect(wholeWithin(1, 64)('64')).toBe(64);
  expect(() => wholeWithin(1, 5_000)('5001')).toThrow('it is a whole number from 1 to 5,000');
  refused(wholeWithin(1, 64), '0', '65', 'NaN', '9'.repeat(400));
});

test('an epoch begins within a day: what was meant in milliseconds is refused', () => {
  expect(secondsAhead('90')).toBe(90);
  refused(secondsAhead, '60', '90000', '90000000', '99999999999');
});

test('numbers of orders are read whole, however they were printed', () => {
  expect(numberOf('240129874390089728')).toBe(240129874390089728n);
  expect(numberOf('240,129,874,390,089,728')).toBe(240129874390089728n);
  refused(numberOf, '9223372036854775808', '-1', '1.0', 'abc');
});

test('ids of plans are read whole or by their beginning', () => {
  expect(planIdOf('1D132D24')).toBe('1d132d24');
  refused(planIdOf, '1d1', 'nonsense', '1d132d24-c836-42ae-8ea2-0b784cbf5bde0');
});

test('texts are as long as what keeps them', () => {
  expect(textWithin(5)('한국어말씀')).toBe('한국어말씀');
  expect(() => textWithin(5)('123456')).toThrow('it has 6 characters: 5 are the most');
  refused(textWithin(5), '', '  ');
});

test('days are days of the calendar', () => {
  expect(dayOf('2028-02-29')).toBe('2028-02-29');
  refused(dayOf, '2026-02-29', '2026-1-1', '2026-13-01', 'today');
  expect(collected(dayOf)('2026-01-02', ['2026-01-01'])).toEqual(['2026-01-01', '2026-01-02']);
});
