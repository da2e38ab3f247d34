import { expect, test } from '@jest/globals';
import { parseExact, parseWithBigInts } from './exact-json.ts';

test.each([
  ['{"total":9007199254740993}', { total: 9_007_199_254_740_993n }],
  ['{"total": 9223372036854775807}', { total: 9_223_372_036_854_775_807n }],
  ['[-9007199254740993,1]', [-9_007_199_254_740_993n, 1]],
  ['{"total":12000,"number":"9007199254740993"}', { total: 12_000, number: '9007199254740993' }],
  ['{"note":"call :9007199254740993","n":2}', { note: 'call :9007199254740993', n: 2 }],
  ['[1.5,12345678901234567.5]', [1.5, 12_345_678_901_234_568]],
])('parseExact(%s)', (json, value) => expect(parseExact(json)).toEqual(value));

test('parseWithBigInts tells an integer from a number with a fraction or an exponent', () => {
  expect(parseWithBigInts('[1,9007199254740993,1.0,1e3,"2"]')).toEqual([
    1n,
    9_007_199_254_740_993n,
    1,
    1000,
    '2',
  ]);
});
