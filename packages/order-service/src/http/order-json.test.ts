import { expect, test } from '@jest/globals';
import { orderAfter } from '../fixtures/order-samples.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { parseJson } from './json.ts';
import { orderJson, shopJson } from './order-json.ts';

test('amounts are exact integers, the number is text, what is absent is left out', () => {
  const text = JSON.stringify(orderJson(toSnapshot(orderAfter({ type: 'pay', by: 'member' }))));
  expect(text).toContain('"total":9007199254749993');
  expect(parseJson(text)).toEqual({
    number: '9007199254740993',
    version: 2n,
    status: 'paid',
    memberId: 'm-1',
    shopId: 's-1',
    shopName: '떡볶이',
    currency: 'KRW',
    total: 9_007_199_254_749_993n,
    items: [
      { line: 1n, menuId: 'a', name: 'Rice cakes', unitPrice: 4_500n, quantity: 2n, amount: 9_000n },
      {
        line: 2n,
        menuId: 'b',
        name: 'Soup',
        unitPrice: 9_007_199_254_740_993n,
        quantity: 1n,
        amount: 9_007_199_254_740_993n,
      },
    ],
    note: 'ring twice',
    timeline: [
      { status: 'created', at: '2026-01-02T03:04:05.678Z' },
      { status: 'paid', at: '2026-01-02T03:04:06.678Z' },
    ],
    placedAt: '2026-01-02T03:04:05.678Z',
    updatedAt: '2026-01-02T03:04:06.678Z',
  });
});

test('a shop has its menus in its own order', () => {
  const menus = new Map([['b', { menuId: 'b', name: 'B', price: 2n ** 62n }]]);
  expect(JSON.stringify(shopJson({ shopId: 's', name: 'S', currency: 'KRW', menus }))).toBe(
    '{"shopId":"s","name":"S","currency":"KRW","menus":[{"menuId":"b","name":"B","price":4611686018427387904}]}',
  );
});
