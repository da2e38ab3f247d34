import { expect, test } from '@jest/globals';
import { batchesOf } from './batches.ts';

const sizes = (items: readonly number[], bytes: number, count?: number) =>
  batchesOf(items, (item) => item, { bytes, ...(count === undefined ? {} : { count }) });

test('a batch holds what fits, in the order of the items', () => {
  expect(sizes([4, 4, 4, 1], 8)).toEqual([
    [4, 4],
    [4, 1],
  ]);
  expect(sizes([1, 1, 1], 8, 2)).toEqual([[1, 1], [1]]);
  expect(sizes([], 8)).toEqual([]);
});

test('an item that is too large by itself is a batch alone', () => {
  expect(sizes([1, 9, 1], 8)).toEqual([[1], [9], [1]]);
});
