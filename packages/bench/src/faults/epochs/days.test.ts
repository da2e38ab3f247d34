import { expect, test } from '@jest/globals';
import { farthestFromEven, planDays } from './days.ts';

test('31 days have a retention of 30 and a bound of 3 %; fewer have a bound by chance that few orders can break', () => {
  expect(planDays(31)).toMatchObject({ before: 30, keepDays: 30, mostOff: 0.03 });
  const short = planDays(3);
  expect(short).toMatchObject({ before: 1, keepDays: 1 });
  expect(short.mostOff).toBeGreaterThan(0.03);
  expect(short.mostOff).toBeLessThan(1);
  expect(() => planDays(2)).toThrow(RangeError);
});

test('a shard without anything is 100 % off', () => {
  expect(farthestFromEven([10, 10, 10])).toBe(0);
  expect(farthestFromEven([15, 15, 0])).toBe(1);
  expect(farthestFromEven([0, 0, 0])).toBe(0);
});
