import { describe, expect, test } from '@jest/globals';
import { toOrderNumber, type OrderSnapshot, type OrderStatus } from '@ordershard/order-events';
import { orderAfter } from '../fixtures/order-samples.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { encodeCursor } from './cursor.ts';
import { withOrders } from './list-orders.ts';

const sample = toSnapshot(orderAfter());
const order = (number: number, version = 1, status: OrderStatus = 'created'): OrderSnapshot => ({
  ...sample,
  number: toOrderNumber(BigInt(number)),
  version,
  status,
});
const cursor = (number: number) => encodeCursor(BigInt(number));
const shown = ({ orders }: { readonly orders: readonly OrderSnapshot[] }) =>
  orders.map(({ number, version }) => `${number}-${version}`);

describe('orders of shards on a page of views', () => {
  const last = { orders: [order(9), order(7), order(5)] };
  const whole = { ...last, nextCursor: cursor(5) };

  test('take the place of their views, and stand where they belong', () => {
    expect(shown(withOrders(last, [order(7, 2), order(8), order(1)], {}, { limit: 10 }))).toEqual([
      '9-1',
      '8-1',
      '7-2',
      '5-1',
      '1-1',
    ]);
  });

  test('are left to later pages beyond the end, and to none before the beginning', () => {
    const page = withOrders(whole, [order(4), order(5, 2), order(20)], {}, { limit: 3, cursor: cursor(10) });
    expect(shown(page)).toEqual(['9-1', '7-1', '5-2']);
    expect(page.nextCursor).toBe(cursor(5));
  });

  test('push what has no room to the next page', () => {
    const full = withOrders(whole, [order(8)], {}, { limit: 3 });
    expect(shown(full)).toEqual(['9-1', '8-1', '7-1']);
    expect(full.nextCursor).toBe(cursor(7));
    const was = withOrders(last, [order(2)], {}, { limit: 3 });
    expect(shown(was)).toEqual(['9-1', '7-1', '5-1']);
    expect(was.nextCursor).toBe(cursor(5));
  });

  test('that do not match any more are gone, and those that do now are there', () => {
    const paid = withOrders(
      whole,
      [order(7, 2, 'paid'), order(6, 3, 'created'), order(9, 2)],
      { statuses: ['created'], from: 1n, to: 9n },
      { limit: 3 },
    );
    expect(shown(paid)).toEqual(['6-3', '5-1']);
    expect(paid.nextCursor).toBe(cursor(5));
  });
});
