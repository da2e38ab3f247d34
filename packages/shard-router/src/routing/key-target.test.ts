import { expect, test } from '@jest/globals';
import { InvalidKeyError } from '../errors.ts';
import { type Key, numberOf, targetOfKey, targetOfRows } from './key-target.ts';
import { LONGEST_TEXT_KEY } from './text-key.ts';

test.each<[Key, object]>([
  [7n, { number: 7n }],
  ['7', { number: 7n }],
  ['0', { number: 0n }],
  [{ number: '9223372036854775806' }, { number: 2n ** 63n - 2n }],
  ['9223372036854775807', { text: '9223372036854775807' }],
  ['007', { text: '007' }],
  ['-7', { text: '-7' }],
  ['7.0', { text: '7.0' }],
  [{ text: '7' }, { text: '7' }],
  ['3f2b6f0e-8e1e-4a57-9d0f-0c5a1f6c7a11', { text: '3f2b6f0e-8e1e-4a57-9d0f-0c5a1f6c7a11' }],
  ['a\u0000b', { text: 'a\u0000b' }],
  ['é', { text: 'é' }],
  [{ key: '7' }, { key: '7' }],
])('%p is the key %p', (key, target) => {
  expect(targetOfKey(key)).toEqual(target);
});

test.each([
  [''],
  ['blank at the end '],
  ['\ud800'],
  ['x'.repeat(LONGEST_TEXT_KEY + 1)],
  ['떡'.repeat(1_025)],
  [7],
  [null],
  [undefined],
  [{}],
  [[7n]],
  [{ number: 7n, text: '7' }],
  [{ number: 7 }],
  [{ number: '07' }],
  [{ number: '1+SLEEP(2)' }],
  [{ text: 7n }],
  [{ text: '' }],
  [{ key: 7 }],
  [new Date()],
])('%p is no key', (key) => {
  expect(() => targetOfKey(key as Key)).toThrow(InvalidKeyError);
});

test('the longest text key is taken as it is', () => {
  expect(targetOfKey('떡'.repeat(1_024))).toEqual({ text: '떡'.repeat(1_024) });
});

test.each([['7'], ['a-text'], [{ key: 'a' }], [7], [null]])('rows are not read of %p', (of) => {
  expect(() => targetOfRows(of as never)).toThrow(InvalidKeyError);
});

test('a number is a bigint or its canonical decimal text', () => {
  expect([numberOf(7n), numberOf('7')]).toEqual([7n, 7n]);
  for (const wrong of ['07', '+7', ' 7', '7n', '', '1e3', 7, null]) {
    expect(() => numberOf(wrong)).toThrow(InvalidKeyError);
  }
});
