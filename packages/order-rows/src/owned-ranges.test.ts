import { expect, test } from '@jest/globals';
import { LAST_NUMBER, OwnedRanges, ownedThroughout } from './owned-ranges.ts';

const range = (bucket: number, from: bigint, to: bigint, readable = 0n) => ({
  bucket,
  range_from: from.toString(),
  range_to: to.toString(),
  readable_from: readable.toString(),
});

test('all is covered when each bucket is, by one range or by several that follow each other', () => {
  const owned = new OwnedRanges([
    range(0, 0n, LAST_NUMBER),
    range(1, 100n, LAST_NUMBER),
    range(1, 50n, 100n),
    range(1, 0n, 50n),
  ]);
  expect(owned.cover(2, -1n, LAST_NUMBER)).toBe(true);
  expect(owned.cover(3, -1n, LAST_NUMBER)).toBe(false);
});

test('a gap shows only where it is looked at', () => {
  const owned = new OwnedRanges([range(0, 0n, 50n), range(0, 60n, 90n)]);
  expect(owned.cover(1, 0n, 49n)).toBe(true);
  expect(owned.cover(1, 0n, 50n)).toBe(false);
  expect(owned.cover(1, 59n, 89n)).toBe(true);
  expect(owned.cover(1, 59n, 90n)).toBe(false);
});

test('the lower end is that of the range in which the number lies', () => {
  const owned = new OwnedRanges([range(7, 0n, 50n, 20n), range(7, 50n, LAST_NUMBER, 30n)]);
  expect(owned.readableFrom(7, 49n)).toBe(20n);
  expect(owned.readableFrom(7, 50n)).toBe(30n);
  expect(owned.readableFrom(7, LAST_NUMBER)).toBe(30n);
  expect(owned.readableFrom(8, 1n)).toBeUndefined();
});

test('a range counts that is owned before and after, cut in the same way', () => {
  const row = (bucket: number, from: string, to: string) => ({
    bucket,
    range_from: from,
    range_to: to,
    readable_from: '0',
  });
  const before = [row(1, '0', '9'), row(2, '0', '9'), row(4, '0', '9')];
  const after = [row(1, '0', '9'), row(3, '0', '9'), row(4, '0', '5'), row(4, '5', '9')];
  expect(ownedThroughout(before, after)).toEqual([row(1, '0', '9')]);
});
