import {
  type EncodedEvent,
  eventId,
  ORDER_STATUSES,
  type OrderSnapshot,
  toEnvelope,
  toOrderNumber,
} from '@ordershard/order-events';
import type { SourceMessage } from './projector/message.ts';

/** The snapshot of a made-up order. */
export function sampleSnapshot(
  number: bigint,
  version: number,
  change: Partial<OrderSnapshot> = {},
): OrderSnapshot {
  const status = ORDER_STATUSES[Math.min(version, 8) - 1]!;
  return {
    number: toOrderNumber(number),
    version,
    status,
    memberId: `m-${number % 50n}`,
    shopId: `s-${number % 10n}`,
    shopName: '떡볶이',
    currency: 'KRW',
    total: '9007199254740993',
    items: [
      {
        line: 1,
        menuId: 'm',
        name: 'A',
        unitPrice: '9007199254740993',
        quantity: 1,
        amount: '9007199254740993',
      },
    ],
    timeline: [{ status, at: '2026-01-02T03:04:05.000Z' }],
    placedAt: '2026-01-02T03:04:05.000Z',
    updatedAt: new Date(Date.UTC(2026, 0, 2) + version * 1_000).toISOString(),
    ...change,
  };
}

/** The message of a snapshot. */
export function sampleEnvelope(snapshot: OrderSnapshot) {
  const event: EncodedEvent = {
    id: eventId(snapshot.number, snapshot.version),
    source: '/ordershard/test/orders',
    type: 'order.paid',
    subject: snapshot.number,
    time: snapshot.updatedAt,
    sequence: snapshot.version,
    json: JSON.stringify(snapshot),
  };
  return toEnvelope(event);
}

/** The same as a projector gets it. */
export function messageOf(number: bigint, version: number, offset = 0n): SourceMessage {
  const { key, value, headers } = sampleEnvelope(sampleSnapshot(number, version));
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    topic: 't',
    partition: 0,
    offset,
  };
}
