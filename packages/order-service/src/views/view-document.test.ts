import { expect, test } from '@jest/globals';
import { orderAfter } from '../fixtures/order-samples.ts';
import { placedAt, updatedAt } from '../orders/order.ts';
import { toSnapshot } from '../orders/snapshot.ts';
import { snapshotOfView } from './view-document.ts';

test('the snapshot comes back, whichever integers the driver gave', () => {
  const order = orderAfter({ type: 'cancel', by: 'member', reason: 'too late' });
  const view = {
    _id: order.number,
    version: BigInt(order.version),
    status: order.status,
    memberId: order.memberId,
    shopId: order.shopId,
    shopName: order.shopName,
    currency: order.currency,
    total: order.total,
    items: order.lines.map((line) => ({ ...line, quantity: BigInt(line.quantity) })),
    note: 'ring twice',
    deliveryAddress: null,
    timeline: order.timeline.map(({ status, at }) => ({ status, at: new Date(at) })),
    cancellation: { by: 'member', reason: 'too late' } as const,
    placedAt: new Date(placedAt(order)),
    updatedAt: new Date(updatedAt(order)),
  };
  expect(snapshotOfView(view)).toEqual(toSnapshot(order));
});
