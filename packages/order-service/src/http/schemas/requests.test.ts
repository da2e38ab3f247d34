import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { parseJson } from '../json.ts';
import { Problem } from '../problem.ts';
import { emptyBody, id, pageQuery, placeOrderBody, reasonBody, searchQuery, shopBody } from './requests.ts';
import { validate } from '../validate.ts';

function errorsOf(schema: z.ZodType, value: unknown): readonly { field: string; message: string }[] {
  try {
    validate(schema, value, 'body');
  } catch (error) {
    if (error instanceof Problem) return error.errors ?? [];
    throw error;
  }
  return [];
}

const order = (change: string) => parseJson(`{"shopId":"s","items":[{"menuId":"a","quantity":1}]${change}}`);
const shop = (menus: string) => parseJson(`{"name":"S","currency":"KRW","menus":${menus}}`);
const items = (text: string) => parseJson(`{"shopId":"s","items":${text}}`);

describe('an order', () => {
  test('is read with its quantities as numbers and its amounts as bigints', () => {
    expect(validate(placeOrderBody, order(',"expectedTotal":9007199254740993,"note":""'), 'body')).toEqual({
      shopId: 's',
      items: [{ menuId: 'a', quantity: 1 }],
      expectedTotal: 9_007_199_254_740_993n,
      note: '',
    });
  });

  test.each<[unknown, string, RegExp]>([
    [null, 'body', /object/],
    [[], 'body', /object/],
    [items('[]'), 'items', /at least one/],
    [items('{}'), 'items', /list/],
    [items('[null]'), 'items[0]', /object/],
    [parseJson('{"shopId":"s"}'), 'items', /required/],
    [items('[{"menuId":"a","quantity":0}]'), 'items[0].quantity', /at least 1/],
    [items('[{"menuId":"a","quantity":-1}]'), 'items[0].quantity', /at least 1/],
    [items('[{"menuId":"a","quantity":1.5}]'), 'items[0].quantity', /whole/],
    [items('[{"menuId":"a","quantity":1e-2}]'), 'items[0].quantity', /whole/],
    [items('[{"menuId":"a","quantity":"1"}]'), 'items[0].quantity', /whole/],
    [items('[{"menuId":"a","quantity":{"$gt":0}}]'), 'items[0].quantity', /whole/],
    [items('[{"menuId":"a","quantity":10001}]'), 'items[0].quantity', /at most/],
    [items('[{"menuId":"a","quantity":1},{"quantity":1}]'), 'items[1].menuId', /required/],
    [items('[{"menuId":"a","quantity":1,"price":1}]'), 'items[0].price', /not known/],
    [order(',"expectedTotal":-1'), 'expectedTotal', /negative/],
    [order(',"expectedTotal":9223372036854775808'), 'expectedTotal', /large/],
    [order(',"memberId":{"$ne":null}'), 'memberId', /text/],
    [order(',"memberId":"a b"'), 'memberId', /ASCII/],
    [order(',"note":null'), 'note', /text/],
    [order(',"note":"a\\u0000b"'), 'note', /NUL/],
    [order(',"note":"\\ud800"'), 'note', /surrogate/],
    [order(`,"note":"${'x'.repeat(501)}"`), 'note', /500/],
    [order(',"__proto__":{"a":1}'), '__proto__', /not known/],
    [order(',"constructor":1'), 'constructor', /not known/],
    [order(',"deliveryAddress":{"line1":"x","$where":"1"}'), 'deliveryAddress.$where', /not known/],
    [order(',"deliveryAddress":{"line1":"x","__proto__":null}'), 'deliveryAddress.__proto__', /not known/],
    [order(',"deliveryAddress":{}'), 'deliveryAddress.line1', /required/],
  ])('%j is refused for %s', (value, field, message) => {
    const errors = errorsOf(placeOrderBody, value);
    expect(errors).toContainEqual({ field, message: expect.stringMatching(message) });
  });

  test('every field that is wrong is named at once', () => {
    expect(
      errorsOf(placeOrderBody, parseJson('{"items":[{"quantity":0}],"x":1}')).map(({ field }) => field),
    ).toEqual(expect.arrayContaining(['shopId', 'items[0].menuId', 'items[0].quantity', 'x']));
  });
});

describe('a shop', () => {
  test('may have no menus yet', () => expect(errorsOf(shopBody, shop('[]'))).toEqual([]));

  test.each([
    ['[{"menuId":"a","name":"A","price":-1}]', 'menus[0].price'],
    ['[{"menuId":"a","name":"A","price":1.5}]', 'menus[0].price'],
    ['[{"menuId":"a","name":"","price":1}]', 'menus[0].name'],
  ])('%s is refused for %s', (menus, field) => {
    expect(errorsOf(shopBody, shop(menus))).toEqual([{ field, message: expect.any(String) }]);
  });
});

test('commands take no fields but a reason where they have one', () => {
  expect(errorsOf(emptyBody, {})).toEqual([]);
  expect(errorsOf(emptyBody, { reason: 'x' })).toEqual([{ field: 'reason', message: 'is not known' }]);
  expect(errorsOf(reasonBody, {})).toEqual([{ field: 'reason', message: 'is required' }]);
  expect(errorsOf(reasonBody, { reason: 'sold out' })).toEqual([]);
});

describe('a page', () => {
  test.each([
    [{}, 20],
    [{ limit: '1' }, 1],
    [{ limit: '100' }, 100],
  ])('%j asks for %d', (query, limit) => {
    expect(validate(pageQuery, query, 'query')).toEqual({ limit, atLeast: [], waitMs: 2_000 });
  });

  test.each(['0', '101', '-1', '1.5', '', ' 1', '1e1', ['1', '2']])('limit %j is refused', (limit) => {
    expect(errorsOf(pageQuery, { limit })).toEqual([{ field: 'limit', message: expect.any(String) }]);
  });

  test('names the versions of orders that it must have', () => {
    expect(
      validate(pageQuery, { atLeast: '12-3,9223372036854775807-1', waitMs: '0' }, 'query'),
    ).toMatchObject({
      atLeast: [
        { number: 12n, version: 3 },
        { number: 9_223_372_036_854_775_807n, version: 1 },
      ],
      waitMs: 0,
    });
  });

  test.each(['', '1', '1-0', '1-1,', '-1-1', '1-1e1', Array.from({ length: 21 }, () => '1-1').join(',')])(
    'atLeast %j is refused',
    (atLeast) => {
      expect(errorsOf(pageQuery, { atLeast })).toEqual([{ field: 'atLeast', message: expect.any(String) }]);
    },
  );

  test.each(['-1', '5001', '1.5', ''])('waitMs %j is refused', (waitMs) => {
    expect(errorsOf(pageQuery, { waitMs })).toEqual([{ field: 'waitMs', message: expect.any(String) }]);
  });

  test('other parameters are refused', () => {
    expect(errorsOf(pageQuery, { page: '2' })).toEqual([{ field: 'page', message: 'is not known' }]);
  });
});

describe('an id', () => {
  test.each(['.', '..', '', 'a b', 'a\u00e4', 'x'.repeat(65)])('%j is refused', (text) => {
    expect(errorsOf(id, text)).toEqual([{ field: 'body', message: expect.stringMatching(/ASCII/) }]);
  });

  test.each(['...', '.a', 'a.', '..a', '-', 'x'.repeat(64)])('%j is taken', (text) => {
    expect(errorsOf(id, text)).toEqual([]);
  });
});

describe('a time', () => {
  test.each([
    '2026-02-29T00:00:00Z',
    '2026-02-30T12:00:00.5Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-1-1',
    'x',
    '',
  ])('from %j is refused', (from) => {
    expect(errorsOf(searchQuery, { from })).toEqual([
      { field: 'from', message: expect.stringMatching(/time in UTC/) },
    ]);
  });

  test.each(['2024-02-29T23:59:59Z', '2026-12-31T23:59:59.9Z', '2026-01-01T00:00:00.001Z'])(
    'from %s is taken',
    (from) => {
      expect(validate(searchQuery, { from }, 'query').from).toEqual(new Date(from));
    },
  );
});
