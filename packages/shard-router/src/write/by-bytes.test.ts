import { expect, test } from '@jest/globals';
import { byBytes } from './by-bytes.ts';

const text = { lengthOf: (one: string) => one.length, bytesOf: (one: string) => Buffer.byteLength(one) };

test('items that fit into one text stay together', () => {
  expect(byBytes(['a', 'b'], 10_000, text)).toEqual({ groups: [['a', 'b']], tooLong: [] });
});

test('items are split where the bytes of their texts do not fit, and one that never does is told', () => {
  const short = 'é'.repeat(1_000);
  const long = 'é'.repeat(5_000);
  expect(byBytes([short, short, long, short, short], 8_000, text)).toEqual({
    groups: [[short, short, short], [short]],
    tooLong: [{ item: long, bytes: 10_160 }],
  });
});

test('what fits by its bytes, though not by its length, stays together', () => {
  const ascii = 'a'.repeat(1_000);
  expect(byBytes([ascii, ascii], 3_500, text).groups).toEqual([[ascii, ascii]]);
});
