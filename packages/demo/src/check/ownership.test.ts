import { expect, test } from '@jest/globals';
import { murmur3 } from './murmur.ts';
import { Ownership } from './ownership.ts';

const bucketOf = (number: string) => murmur3(number) % 4;
const odd = (bucket: number) => bucket % 2;
const all = { from: 0n, to: 2n ** 63n - 1n };

test('a number is owned by the shard whose fence has its bucket and range', () => {
  const owned = [0, 1].map((shard) =>
    [0, 1, 2, 3].filter((b) => odd(b) === shard).map((bucket) => ({ bucket, ...all })),
  );
  const ownership = new Ownership(4, owned);
  for (let n = 0; n < 50; n += 1) expect(ownership.shardOf(String(n))).toBe(odd(bucketOf(String(n))));
});

test('epochs: the range decides', () => {
  const bucket = bucketOf('10');
  const ownership = new Ownership(4, [[{ bucket, from: 0n, to: 10n }], [{ bucket, from: 10n, to: 20n }]]);
  expect(ownership.shardOf('10')).toBe(1);
});

test('owned by none, or by two, is owned by nobody', () => {
  const bucket = bucketOf('10');
  expect(new Ownership(4, [[], []]).shardOf('10')).toBeUndefined();
  expect(new Ownership(4, [[{ bucket, ...all }], [{ bucket, ...all }]]).shardOf('10')).toBeUndefined();
});
