import { ORDERS_TOPIC } from '@ordershard/outbox';

/** Events of an order, one after the other, as a day of orders has them. */
const EVENTS = 6;

/** The highest order numbers that a row is made for: 19 digits, as those of real orders will have. */
const FIRST = 1_000_000_000_000_000_000n;

/** The payload of one version of an order with three lines, about 700 bytes of JSON. */
export function payloadOf(number: string, version: number): string {
  const line = (index: number) => ({
    line: index,
    menuId: `menu-${index}`,
    name: `비빔밥 ${index}`,
    unitPrice: '9000',
    quantity: index,
    amount: String(9_000 * index),
  });
  return JSON.stringify({
    number,
    version,
    status: 'paid',
    memberId: `member-${number.slice(-4)}`,
    shopId: `shop-${number.slice(-2)}`,
    shopName: '떡볶이 집',
    currency: 'KRW',
    total: '54000',
    items: [line(1), line(2), line(3)],
    deliveryAddress: { line1: '1 Teheran-ro', city: 'Seoul', postalCode: '06232' },
    timeline: [{ status: 'created', at: '2026-01-02T03:04:05.000Z' }],
    placedAt: '2026-01-02T03:04:05.000Z',
    updatedAt: '2026-01-02T03:04:05.678Z',
  });
}

/** Some rows of an outbox table in the order of its columns; `from` is the place of the first one in the table. */
export function eventRows(table: number, from: number, count: number): unknown[][] {
  const day = new Date().toISOString().slice(0, 10);
  return Array.from({ length: count }, (_, i) => {
    const place = from + i;
    const number = String(FIRST + BigInt(table) * 100_000_000n + BigInt(Math.floor(place / EVENTS)));
    const version = (place % EVENTS) + 1;
    return [
      day,
      `${number}-${version}`,
      ORDERS_TOPIC.name,
      number,
      'order.paid',
      version,
      0,
      payloadOf(number, version),
      '2026-01-02 03:04:05.678',
    ];
  });
}
