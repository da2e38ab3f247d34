import { describe, expect, test } from '@jest/globals';
import { fromEnvelope, toEnvelope } from './envelope.ts';
import { EnvelopeError } from './errors.ts';
import { eventId, type OrderEvent } from './event.ts';
import { toOrderNumber } from './order-number.ts';

const number = toOrderNumber(9_007_199_254_740_993n);

const event: OrderEvent = {
  id: eventId(number, 2),
  source: '/ordershard/test/orders',
  type: 'order.paid',
  subject: number,
  time: '2026-01-02T03:04:05.678Z',
  sequence: 2,
  traceparent: undefined,
  data: {
    number,
    version: 2,
    status: 'paid',
    memberId: 'm-1',
    shopId: 's-1',
    shopName: '떡볶이 $set',
    currency: 'KRW',
    total: '9007199254740993',
    items: [
      {
        line: 1,
        menuId: 'a',
        name: 'A',
        unitPrice: '9007199254740993',
        quantity: 1,
        amount: '9007199254740993',
      },
    ],
    timeline: [{ status: 'created', at: '2026-01-02T03:04:05.000Z' }],
    placedAt: '2026-01-02T03:04:05.000Z',
    updatedAt: '2026-01-02T03:04:05.678Z',
  },
};

const encode = () => toEnvelope({ ...event, json: JSON.stringify(event.data) });

describe('envelope', () => {
  test('an event comes back as it went in, amounts beyond 2^53 included', () => {
    expect(fromEnvelope(encode())).toEqual(event);
  });

  test('the id names number and version, the key is the number', () => {
    const { key, headers } = encode();
    expect(key).toBe('9007199254740993');
    expect(headers['ce_id']).toBe('9007199254740993-2');
    expect(headers).not.toHaveProperty('traceparent');
  });

  test.each([
    ['no type', { headers: { ...encode().headers, ce_type: 'order.eaten' } }],
    ['another key', { key: '7' }],
    ['not JSON', { value: '{' }],
    ['not an order', { value: 'null' }],
    ['another version inside', { headers: { ...encode().headers, ce_sequence: '3' } }],
    ['a fractional version', { headers: { ...encode().headers, ce_sequence: '2.5' } }],
    ['no headers', { headers: {} }],
  ])('refuses %s', (_, change) => {
    expect(() => fromEnvelope({ ...encode(), ...change })).toThrow(EnvelopeError);
  });
});
