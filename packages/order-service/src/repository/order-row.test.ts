import { expect, test } from '@jest/globals';
import { encodeDetails } from '@ordershard/order-rows';
import { orderAfter } from '../fixtures/order-samples.ts';
import { decodeOrder, toDatetime } from './order-row.ts';

test('an order comes back from its rows', () => {
  const order = orderAfter(
    { type: 'pay', by: 'member' },
    { type: 'cancel', by: 'shop', reason: '"sold out" \\' },
  );
  const row = {
    number: order.number.toString(),
    version: order.version,
    status: order.status,
    member_id: order.memberId,
    shop_id: order.shopId,
    currency: order.currency,
    total: order.total.toString(),
    details: encodeDetails(order),
  };
  const items = order.lines.map(({ line, menuId, name, unitPrice, quantity, amount }) => ({
    line,
    menu_id: menuId,
    name,
    unit_price: unitPrice.toString(),
    quantity,
    amount: amount.toString(),
  }));
  expect(decodeOrder(row, items)).toEqual(order);
});

test('times become UTC to the millisecond', () => {
  expect(toDatetime('2026-01-02T12:04:05.678+09:00')).toBe('2026-01-02 03:04:05.678');
});
