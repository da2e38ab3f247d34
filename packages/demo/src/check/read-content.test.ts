import { describe, expect, test } from '@jest/globals';
import { digestOf } from './order-content.ts';
import { NotAnOrderError, readContent } from './read-content.ts';

const at = '2026-01-02T03:04:05.678Z';
const answer = {
  number: '9007199254740993',
  version: 3,
  status: 'refunded',
  memberId: 'm',
  shopId: 's',
  shopName: '떡볶이',
  currency: 'KRW',
  total: 9_007_199_254_740_993n,
  items: [
    {
      line: 1,
      menuId: 'a',
      name: 'A',
      unitPrice: 9_007_199_254_740_993n,
      quantity: 1,
      amount: 9_007_199_254_740_993n,
    },
  ],
  deliveryAddress: { line1: 'x', city: 'y' },
  timeline: [{ status: 'created', at }],
  cancellation: { by: 'shop', reason: 'r' },
  refund: { reason: 'r' },
  placedAt: at,
  updatedAt: at,
};

describe('readContent', () => {
  test('an answer, an event and a document of the same order have the same digest', () => {
    const wide = '9007199254740993';
    const event = {
      ...answer,
      total: wide,
      items: [{ ...answer.items[0], unitPrice: wide, amount: wide }],
      refund: { by: 'service', reason: 'r' },
    };
    const { number, ...rest } = answer;
    const document = {
      ...rest,
      _id: BigInt(number),
      version: 3n,
      note: null,
      timeline: [{ status: 'created', at: new Date(at) }],
      placedAt: new Date(at),
      updatedAt: new Date(at),
    };
    expect(digestOf(readContent(event))).toBe(digestOf(readContent(answer)));
    expect(digestOf(readContent(document))).toBe(digestOf(readContent(answer)));
  });

  test.each<[string, object]>([
    ['a fraction', { total: 1.5 }],
    ['a rounded integer', { total: 2 ** 60 }],
    ['no items', { items: undefined }],
    ['an amount in words', { total: 'ten' }],
    ['no status', { status: 7 }],
  ])('%s is refused', (_, change) => {
    expect(() => readContent({ ...answer, ...change })).toThrow(NotAnOrderError);
  });

  test('what is no object is refused', () => expect(() => readContent('order')).toThrow(NotAnOrderError));
});
