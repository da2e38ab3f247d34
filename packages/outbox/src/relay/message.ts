import { type Envelope, type OrderEventType, type OrderNumber, toEnvelope } from '@ordershard/order-events';
import type { OutboxRow } from '../sql/outbox-row.ts';

/** A message as it is published: its value is not looked into. */
export type Message = Envelope<Buffer>;

/** The message of an outbox row. The source is not in the row: it is the cluster that the relay works for. */
export function toMessage(row: OutboxRow, source: string): Message {
  return toEnvelope({
    id: row.eventId,
    source,
    type: row.type as OrderEventType,
    subject: row.aggregateId as OrderNumber,
    time: `${row.occurredAt.replace(' ', 'T')}Z`,
    sequence: row.sequence,
    traceparent: row.traceparent ?? undefined,
    json: row.payload,
  });
}

/** The `source` of a cluster's order events. */
export function sourceOf(cluster: string): string {
  return `/ordershard/${cluster}/orders`;
}
