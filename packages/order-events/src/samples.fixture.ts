import { EVENT_OF_STATUS, eventId, type OrderEvent } from './event.ts';
import { toOrderNumber } from './order-number.ts';
import { ORDER_STATUSES, type OrderStatus } from './snapshot.ts';

const number = toOrderNumber(9_007_199_254_740_993n);

/** An event of an order that has come into a state. */
export function sampleEvent(status: OrderStatus): OrderEvent {
  const version = ORDER_STATUSES.indexOf(status) + 1;
  return {
    id: eventId(number, version),
    source: '/ordershard/test/orders',
    type: EVENT_OF_STATUS[status],
    subject: number,
    time: '2026-01-02T03:04:05.678Z',
    sequence: version,
    traceparent: undefined,
    data: {
      number,
      version,
      status,
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
      deliveryAddress: { line1: '1 Road', city: 'Seoul' },
      note: 'no onions',
      timeline: [{ status: 'created', at: '2026-01-02T03:04:05.000Z' }],
      ...(status === 'cancelled' || status === 'refunded'
        ? { cancellation: { by: 'member', reason: 'changed my mind' } }
        : {}),
      ...(status === 'refunded' ? { refund: { by: 'service', reason: 'cancelled' } } : {}),
      placedAt: '2026-01-02T03:04:05.000Z',
      updatedAt: '2026-01-02T03:04:05.678Z',
    },
  };
}
