import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import murmur from 'murmurhash3js-revisited';
import { murmur32OfAscii, NOT_ASCII } from './murmur-ascii.ts';

test('an ASCII text has the hash of its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
      expect(murmur32OfAscii(text)).toBe(murmur.x86.hash32(Buffer.from(text), 0));
    }),
    { numRuns: 20_000 },
  );
});

test('any other text is told apart, wherever its first other character is', () => {
  for (const place of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const other of ['\u0080', 'é', '한', '\u{1F600}']) {
      expect(murmur32OfAscii(`${'a'.repeat(place)}${other}${'b'.repeat(8 - place)}`)).toBe(NOT_ASCII);
    }
  }
});
