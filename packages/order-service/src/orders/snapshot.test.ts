import { expect, test } from '@jest/globals';
import { fromEnvelope, toEnvelope } from '@ordershard/order-events';
import { orderAfter } from '../fixtures/order-samples.ts';
import { toEvent, toSnapshot } from './snapshot.ts';

const order = orderAfter(
  { type: 'pay', by: 'member' },
  { type: 'cancel', by: 'shop', reason: 'sold out 🍚' },
);

test('amounts and numbers are decimal text, times those of the timeline', () => {
  expect(toSnapshot(order)).toMatchObject({
    number: '9007199254740993',
    version: 3,
    status: 'cancelled',
    total: '9007199254749993',
    items: [{ line: 1, unitPrice: '4500', quantity: 2, amount: '9000' }, { amount: '9007199254740993' }],
    cancellation: { by: 'shop', reason: 'sold out 🍚' },
    placedAt: '2026-01-02T03:04:05.678Z',
    updatedAt: '2026-01-02T03:04:07.678Z',
  });
});

test('the event of a version can be read from its envelope', () => {
  const event = toEvent(toSnapshot(order), { source: '/ordershard/test/orders' });
  expect(fromEnvelope(toEnvelope(event))).toMatchObject({
    id: '9007199254740993-3',
    type: 'order.cancelled',
    sequence: 3,
    time: '2026-01-02T03:04:07.678Z',
    data: { cancellation: { by: 'shop' }, note: 'ring twice' },
  });
});
