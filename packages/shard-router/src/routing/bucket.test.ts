import { expect, test } from '@jest/globals';
import { InvalidKeyError } from '../errors.ts';
import { bucketOf, murmur32 } from './bucket.ts';

// Reference values of MurmurHash3_x86_32 with seed 0, the known ones among them.
test.each([
  ['', 0],
  ['a', 0x3c2569b2],
  ['aa', 0x371091a9],
  ['aaa', 0xb4d05fb7],
  ['aaaa', 0x7eeed987],
  ['abc', 0xb3dd93fa],
  ['test', 0xba6bd213],
  ['Hello, world!', 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ['ππππππππ', 0xec72b6e8],
  ['9223372036854775807', 0x0a94ba54],
])('murmur32(%j)', (text, hash) => {
  expect(murmur32(text)).toBe(hash);
});

test('a bigint routes as its decimal text does', () => {
  expect(bucketOf(1234567890123456789n, 1024)).toBe(bucketOf('1234567890123456789', 1024));
});

test('buckets are even over time-ordered numbers', () => {
  const counts = new Uint32Array(64);
  for (let n = 0n; n < 64_000n; n += 1n) counts[bucketOf((n << 22n) + 4096n, 64)]! += 1;
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});

test.each([[''], [7], [null], [undefined], [{}], [['a']]])('%j is not a key', (key) => {
  expect(() => bucketOf(key as string, 1024)).toThrow(InvalidKeyError);
});
