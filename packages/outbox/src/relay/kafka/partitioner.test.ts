import { expect, test } from '@jest/globals';
import { compatibilityPartitioner, murmur2 } from '@platformatic/kafka';

/** From the tests of Kafka's own `Utils.murmur2`. */
test.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
])('the hash of %s is that of Java', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
  // Java: toPositive(murmur2(key)) % partitions, with toPositive cutting the sign off.
  const partition = compatibilityPartitioner({ topic: '', value: '' }, Buffer.from(key)) % 6;
  expect(partition).toBe((hash & 0x7fffffff) % 6);
});
