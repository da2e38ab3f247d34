import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { compareCodePoints } from './text-order.ts';

test('texts compare as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 5_000 },
  );
});

test('a character outside the basic plane comes after all inside it', () => {
  expect(compareCodePoints('\u{1F600}', '～')).toBeGreaterThan(0);
  expect(['\u{1F600}', '～'].toSorted()).toEqual(['\u{1F600}', '～']);
});
