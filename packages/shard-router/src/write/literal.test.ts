import { describe, expect, test } from '@jest/globals';
import { InvalidValueError } from '../errors.ts';
import { literal } from './literal.ts';

describe('literal', () => {
  test.each([
    ['a; DROP TABLE orders -- "x"', `'a; DROP TABLE orders -- "x"'`],
    ["it's", "'it''s'"],
    ["'", "''''"],
    ['\\', "'\\\\'"],
    ["\\'", "'\\\\'''"],
    ['떡볶이 🍲', "'떡볶이 🍲'"],
    ["명동's", "'명동''s'"],
    ['é\\', "'é\\\\'"],
    ['', "''"],
    [9_007_199_254_740_993n, '9007199254740993'],
    [-1.5e-7, '-1.5e-7'],
    [-0, '0'],
    [true, 'TRUE'],
    [false, 'FALSE'],
    [null, 'NULL'],
    [Buffer.from([0, 39, 92, 255]), "x'00275cff'"],
    [Buffer.alloc(0), "x''"],
    [new Date('2026-01-02T03:04:05.678Z'), "'2026-01-02 03:04:05.678'"],
  ])('of %p is %s', (value, text) => {
    expect(literal(value)).toBe(text);
  });

  test.each([
    ['undefined', undefined],
    ['not a number', Number.NaN],
    ['infinity', Infinity],
    ['an object', { a: 1 }],
    ['an object that offers SQL', { toSqlString: () => '1; DROP TABLE orders' }],
    ['an array', [1, 2]],
    ['bytes that are no Buffer', new Uint8Array([1])],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a boxed text', Object('x')],
    ['an invalid date', new Date('x')],
    ['a date before the year 1', new Date('-000001-01-01T00:00:00Z')],
    ['a date after the year 9999', new Date('+010000-01-01T00:00:00Z')],
    ['half of a surrogate pair', 'a\ud83c'],
    ['the other half', '\udf72a'],
  ])('refuses %s', (_, value) => {
    expect(() => literal(value as never)).toThrow(InvalidValueError);
  });
});
