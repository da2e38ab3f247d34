import { expect, test } from '@jest/globals';
import { murmur3, partitionOf } from './murmur.ts';

// Published vectors of MurmurHash3 x86 32 with seed 0.
test.each([
  ['', 0],
  ['a', 0x3c2569b2],
  ['ab', 0x9bbfd75f],
  ['abc', 0xb3dd93fa],
  ['abcd', 0x43ed676a],
  ['hello', 0x248bfa47],
  ['hello, world', 0x149bbb7f],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
])('murmur3(%j)', (text, hash) => expect(murmur3(text)).toBe(hash));

// Apache Kafka's own UtilsTest: murmur2 of these texts.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
])('partitionOf(%j) is what the Java client picks', (key, murmur2) => {
  expect(partitionOf(key, 6)).toBe((murmur2 & 0x7fffffff) % 6);
  expect(partitionOf(key, 1_000_003)).toBe((murmur2 & 0x7fffffff) % 1_000_003);
});
