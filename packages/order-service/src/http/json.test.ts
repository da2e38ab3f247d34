import { describe, expect, test } from '@jest/globals';
import { exactInteger, parseJson } from './json.ts';

describe('parseJson', () => {
  test('integers are exact at any depth and of any size', () => {
    expect(parseJson('{"a":9007199254740993,"b":[0,-1,{"c":123456789012345678901234567890}]}')).toEqual({
      a: 9_007_199_254_740_993n,
      b: [0n, -1n, { c: 123_456_789_012_345_678_901_234_567_890n }],
    });
  });

  test('fractions stay numbers, the rest is as usual', () => {
    expect(parseJson('[1.5,1e-1,"1",true,null]')).toEqual([1.5, 0.1, '1', true, null]);
  });

  test('an integer is one however it is written, to the last digit', () => {
    expect(parseJson('[1.0,1e3,-2.50e1,100e-2,0.0,-0,9007199254740993.0,9.007199254740993E+15,0e9]')).toEqual(
      [1n, 1000n, -25n, 1n, 0n, 0n, 9_007_199_254_740_993n, 9_007_199_254_740_993n, 0n],
    );
    expect(parseJson('[9007199254740993.5,1e400,1e999,1e-400]')).toEqual([
      9_007_199_254_740_994,
      Infinity,
      Infinity,
      0,
    ]);
  });

  test('__proto__ is a field like any other', () => {
    const value = parseJson('{"__proto__":{"admin":1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test.each(['', '{', "{'a':1}", '01', 'NaN', '[1,]'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

test('an exact integer is written as it is', () => {
  expect(JSON.stringify({ a: exactInteger(9_007_199_254_740_993n), b: exactInteger('-1') })).toBe(
    '{"a":9007199254740993,"b":-1}',
  );
  expect(() => exactInteger('{}')).toThrow(SyntaxError);
});
