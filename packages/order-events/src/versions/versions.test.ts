import { describe, expect, test } from '@jest/globals';
import { EnvelopeError, UnknownVersionError } from '../errors.ts';
import { readDataSchema, versionOfJson } from './data-schema.ts';
import { upcast, type Upcaster } from './upcast.ts';

/** Version 2 has the currency inside the total, version 3 a list of totals. */
const chain: readonly Upcaster[] = [
  ({ total, currency, ...rest }) => ({ ...rest, total: { amount: total, currency } }),
  ({ total, ...rest }) => ({ ...rest, totals: [total] }),
];
const newest = { number: '7', totals: [{ amount: '5', currency: 'KRW' }] };

describe('upcast', () => {
  test.each([
    [1, { number: '7', total: '5', currency: 'KRW' }],
    [2, { number: '7', total: { amount: '5', currency: 'KRW' } }],
    [3, newest],
  ])('brings version %d up to the newest', (version, data) => {
    const before = structuredClone(data);
    expect(upcast(chain, data, version)).toEqual(newest);
    expect(data).toEqual(before);
  });

  test.each([0, 4, 1.5, Number.NaN])('version %d is refused', (version) => {
    expect(() => upcast(chain, newest, version)).toThrow(UnknownVersionError);
  });
});

describe('versionOfJson', () => {
  test.each([
    ['{"number":"7","version":1}', 1],
    ['{"schemaVersion":2,"number":"7"}', 2],
    ['{"schemaVersion":12,"number":"7"}', 12],
    ['{"shopId":"7"}', 1],
    ['', 1],
  ])('%s is of version %d, as text and as bytes', (json, version) => {
    expect([versionOfJson(json), versionOfJson(Buffer.from(json))]).toEqual([version, version]);
  });
});

test.each([
  [undefined, 'snapshot', 1],
  ['/ordershard/schemas/order-snapshot/3', 'snapshot', 3],
  ['/ordershard/schemas/order-reference/1', 'zero', 1],
])('%s is %s of version %d', (text, form, version) => {
  expect(readDataSchema(text)).toEqual({ form, version });
});

test.each(['/elsewhere/1', '/ordershard/schemas/order-snapshot/x'])('%s is refused', (text) => {
  expect(() => readDataSchema(text)).toThrow(EnvelopeError);
});
