import { expect, test } from '@jest/globals';
import { bucketWeight, coversAll } from './cover.ts';
import type { Cover } from './page.ts';

const NUMBERS = 2n ** 63n - 1n;

/** The cover of a shard that may read some buckets' numbers, each from `from` up to `to`. */
function coverOf(buckets: readonly number[], from = 0n, to = NUMBERS): Cover {
  const length = to - from;
  return {
    buckets: 16,
    readable: BigInt(buckets.length) * length,
    weighed: buckets.reduce((sum, bucket) => sum + bucketWeight(bucket) * length, 0n),
  };
}

function plus(a: Cover, b: Cover): Cover {
  return { buckets: a.buckets, readable: a.readable + b.readable, weighed: a.weighed + b.weighed };
}

const all = Array.from({ length: 16 }, (_, bucket) => bucket);
const low = all.slice(0, 5);
const high = all.slice(5);

test('shards that have every bucket once cover all', () => {
  expect(coversAll([coverOf(low), coverOf(high)])).toBe(true);
  expect(coversAll([coverOf(all), coverOf([])])).toBe(true);
});

test('it does not matter how epochs cut the numbers, or on how many shards', () => {
  const cut = 2n ** 60n;
  const first = plus(coverOf(low, 0n, cut), coverOf(high, cut, NUMBERS));
  const second = coverOf(high, 0n, cut);
  const third = coverOf(low, cut, NUMBERS);
  expect(coversAll([first, second, third])).toBe(true);
  expect(coversAll([first, second])).toBe(false);
});

test('a bucket that nobody has, or two have, is noticed, and both at once too', () => {
  expect(coversAll([coverOf(low), coverOf(high.slice(1))])).toBe(false);
  expect(coversAll([coverOf(low), coverOf([4, ...high])])).toBe(false);
  for (const lost of high) {
    for (const twice of low) {
      expect(coversAll([coverOf(low), coverOf([twice, ...high.filter((bucket) => bucket !== lost)])])).toBe(
        false,
      );
    }
  }
});
