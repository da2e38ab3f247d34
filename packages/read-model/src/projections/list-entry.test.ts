import { expect, test } from '@jest/globals';
import { ProjectionError } from '../errors.ts';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { listEntry } from './list-entry.ts';

const item = { line: 1, menuId: 'm', name: '떡볶이', unitPrice: '5', quantity: 2, amount: '10' };

test('shows the first item and how many things there are', () => {
  const data = sampleSnapshot(7n, 2, { items: [item, { ...item, line: 2, name: 'b', quantity: 3 }] });
  expect(listEntry({ data })).toEqual({
    _id: 7n,
    version: 2,
    status: 'paid',
    memberId: data.memberId,
    shopId: data.shopId,
    shopName: data.shopName,
    currency: 'KRW',
    total: 9_007_199_254_740_993n,
    title: '떡볶이',
    quantity: 5,
    placedAt: new Date(data.placedAt),
    updatedAt: new Date(data.updatedAt),
  });
});

test('an order of nothing has an entry too', () => {
  expect(listEntry({ data: sampleSnapshot(7n, 2, { items: [] }) })).toMatchObject({ title: '', quantity: 0 });
});

test('a field that is wrong is named, in its place', () => {
  const data = sampleSnapshot(7n, 2, { items: [item, { ...item, quantity: 1.5 }] });
  expect(() => listEntry({ data })).toThrow(new ProjectionError('items[1].quantity is not a count'));
});

test('quantities whose sum is no count any more are refused', () => {
  const most = { ...item, quantity: Number.MAX_SAFE_INTEGER };
  const data = sampleSnapshot(7n, 2, { items: [most, { ...item, line: 2, quantity: 2 }] });
  expect(() => listEntry({ data })).toThrow(new ProjectionError('quantity of all items is not a count'));
});
