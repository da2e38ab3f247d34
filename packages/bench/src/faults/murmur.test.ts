import { expect, test } from '@jest/globals';
import { murmur3 } from './murmur.ts';

// Of Austin Appleby's own code, as the Wikipedia article on MurmurHash lists them.
test.each([
  ['', 0],
  ['test', 0xba6bd213],
  ['Hello, world!', 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
])('%j', (text, hash) => {
  expect(murmur3(text)).toBe(hash);
});
