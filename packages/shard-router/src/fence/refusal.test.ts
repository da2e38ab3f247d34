import { expect, test } from '@jest/globals';
import { refusalOf } from './refusal.ts';

const refused = (sqlMessage: string) => ({ errno: 20_002, sqlMessage });

test('a refusal tells the fences of number and key as the server found them', () => {
  expect(refusalOf(refused('moved,2,9223372036854775807,sealed,65535,4294967295,1735689600123'))).toEqual({
    fence: { state: 'moved', next_owner: 2, writable_from: '9223372036854775807', now_ms: '1735689600123' },
    keyFences: [
      expect.objectContaining({ state: 'sealed', next_owner: 65_535, key_generation: 4_294_967_295 }),
    ],
  });
});

test('a fence without a next owner has none', () => {
  expect(refusalOf(refused('frozen,,0,,,,5'))?.fence?.next_owner).toBeNull();
});

test('a fence that was locked is missing', () => {
  expect(refusalOf(refused(',,,,,,5'))).toEqual({ fence: undefined, keyFences: [] });
  expect(refusalOf(refused('owned,,0,,,,5'))?.keyFences).toEqual([]);
});

test.each([
  ['another error', { errno: 1213, sqlMessage: 'moved,2,0,,,,5' }],
  ['a message of another form', refused('moved,2')],
  ['no message', { errno: 20_002 }],
  ['an error of the connection', new Error('lost')],
])('%s is no refusal', (_, error) => {
  expect(refusalOf(error)).toBeUndefined();
});
