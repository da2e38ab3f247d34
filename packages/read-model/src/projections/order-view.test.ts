import { describe, expect, test } from '@jest/globals';
import { eventId, type OrderEvent, type OrderSnapshot, toOrderNumber } from '@ordershard/order-events';
import { ProjectionError } from '../errors.ts';
import { orderView } from './order-view.ts';

const number = toOrderNumber(9_007_199_254_740_993n);

const snapshot: OrderSnapshot = {
  number,
  version: 3,
  status: 'cancelled',
  memberId: '$where',
  shopId: 's.1',
  shopName: '떡볶이 {"$set":1}',
  currency: 'KRW',
  total: '9223372036854775807',
  items: [
    {
      line: 1,
      menuId: 'm',
      name: 'a.b',
      unitPrice: '9007199254740993',
      quantity: 2,
      amount: '18014398509481986',
    },
  ],
  deliveryAddress: { line1: '1 Road', city: '서울' },
  note: '',
  timeline: [{ status: 'created', at: '2026-01-02T03:04:05.000Z' }],
  cancellation: { by: 'member', reason: 'late' },
  placedAt: '2026-01-02T03:04:05.000Z',
  updatedAt: '2026-01-02T03:04:05.678Z',
};

const event = (change: object = {}): OrderEvent => {
  const data = { ...snapshot, ...change };
  return {
    id: eventId(number, 3),
    source: '/x',
    type: 'order.cancelled',
    subject: number,
    time: snapshot.updatedAt,
    sequence: 3,
    data,
  };
};

describe('orderView', () => {
  test('is the order with integers of 64 bits and dates', () => {
    expect(orderView(event())).toEqual({
      _id: 9_007_199_254_740_993n,
      version: 3,
      status: 'cancelled',
      memberId: '$where',
      shopId: 's.1',
      shopName: '떡볶이 {"$set":1}',
      currency: 'KRW',
      total: 9_223_372_036_854_775_807n,
      items: [
        {
          line: 1,
          menuId: 'm',
          name: 'a.b',
          unitPrice: 9_007_199_254_740_993n,
          quantity: 2,
          amount: 18_014_398_509_481_986n,
        },
      ],
      deliveryAddress: { line1: '1 Road', city: '서울' },
      note: '',
      timeline: [{ status: 'created', at: new Date('2026-01-02T03:04:05.000Z') }],
      cancellation: { by: 'member', reason: 'late' },
      placedAt: new Date('2026-01-02T03:04:05.000Z'),
      updatedAt: new Date('2026-01-02T03:04:05.678Z'),
    });
  });

  test('what an order has not is not in the view', () => {
    const view = orderView(event({ deliveryAddress: undefined, note: undefined, cancellation: undefined }));
    for (const field of ['deliveryAddress', 'note', 'cancellation', 'refund'])
      expect(view).not.toHaveProperty(field);
  });

  test('fields that a view does not have are left out, at every depth', () => {
    const strange = JSON.parse('{"$set":1,"a.b":2,"__proto__":{"x":1}}') as object;
    const view = orderView(
      event({
        ...strange,
        items: [{ ...snapshot.items[0], ...strange }],
        deliveryAddress: { line1: 'x', ...strange },
        timeline: [{ ...snapshot.timeline[0], ...strange }],
        cancellation: { ...snapshot.cancellation, ...strange },
      }),
    );
    expect(
      JSON.stringify(view, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toMatch(/"\$set":1|a\.b":|"x":1/);
  });

  test.each<[string, object]>([
    ['total', { total: 5 }],
    ['total', { total: '1.5' }],
    ['total', { total: '9223372036854775808' }],
    ['version', { version: 1.5 }],
    ['status', { status: 'eaten' }],
    ['memberId', { memberId: { $ne: null } }],
    ['items', { items: {} }],
    ['items[0].unitPrice', { items: [{ ...snapshot.items[0], unitPrice: null }] }],
    ['items[1]', { items: [snapshot.items[0], 'x'] }],
    ['deliveryAddress.line1', { deliveryAddress: {} }],
    ['note', { note: 7 }],
    ['timeline[0].at', { timeline: [{ status: 'created', at: 'yesterday' }] }],
    ['cancellation.by', { cancellation: { by: 'nobody', reason: '' } }],
    ['updatedAt', { updatedAt: undefined }],
  ])('%s that is wrong is named', (field, change) => {
    expect(() => orderView(event(change))).toThrow(ProjectionError);
    expect(() => orderView(event(change))).toThrow(new RegExp(`^${field.replaceAll(/[[\].]/g, '\\$&')} is`));
  });
});
