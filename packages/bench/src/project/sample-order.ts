import { eventId, type Envelope, ORDER_STATUSES, toEnvelope, toOrderNumber } from '@ordershard/order-events';

/** The events of an order's life in the backlog. */
export const LIFE = 6;

const START = Date.UTC(2026, 0, 2);
const at = (number: bigint, version: number) =>
  new Date(START + Number(number % 86_400n) * 1_000 + version * 60_000).toISOString();

/** The message of one version of a made-up order, about 1 kB; `stage` is how far it has come in its life. */
export function sampleEvent(number: bigint, version: number, stage = version): Envelope {
  const subject = toOrderNumber(number);
  const status = ORDER_STATUSES[stage - 1]!;
  const snapshot = {
    number: subject,
    version,
    status,
    memberId: `member-${number % 20_000n}`,
    shopId: `shop-${number % 500n}`,
    shopName: '떡볶이와 친구들',
    currency: 'KRW',
    total: '43500',
    items: [1, 2, 3].map((line) => ({
      line,
      menuId: `menu-${line}`,
      name: `떡볶이 ${line}인분`,
      unitPrice: '14500',
      quantity: 1,
      amount: '14500',
    })),
    deliveryAddress: { line1: '서울특별시 송파구 위례성대로 2', line2: '3층', postalCode: '05544' },
    note: '문 앞에 놓아 주세요',
    timeline: ORDER_STATUSES.slice(0, stage).map((passed, i) => ({
      status: passed,
      at: at(number, i + 1),
    })),
    placedAt: at(number, 1),
    updatedAt: at(number, version),
  };
  return toEnvelope({
    id: eventId(subject, version),
    source: '/ordershard/bench/orders',
    type: 'order.created',
    subject,
    time: snapshot.updatedAt,
    sequence: version,
    json: JSON.stringify(snapshot),
  });
}
