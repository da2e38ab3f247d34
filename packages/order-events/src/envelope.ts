import { EnvelopeError } from './errors.ts';
import { EVENT_OF_STATUS, type OrderEvent, type OrderEventType } from './event.ts';
import { isOrderNumber } from './order-number.ts';
import type { OrderSnapshot } from './snapshot.ts';

/** A Kafka message's parts as text; its value, which may be long, as bytes of UTF-8 where nobody has to look into it. */
export interface Envelope<Value extends string | Buffer = string> {
  /** The order number: what keeps an order's events in one partition. */
  readonly key: string;
  /** JSON of the event's data. */
  readonly value: Value;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the envelope of a change holds when its data is JSON text already, as in an outbox row. */
export type EncodedEvent<Json extends string | Buffer = string> = Omit<OrderEvent, 'data'> & {
  readonly json: Json;
};

/** Writes an event whose data is JSON text as CloudEvents 1.0 in Kafka's binary mode (attributes as `ce_` headers). */
export function toEnvelope<Json extends string | Buffer>(event: EncodedEvent<Json>): Envelope<Json> {
  return {
    key: event.subject,
    value: event.json,
    headers: {
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_subject: event.subject,
      ce_time: event.time,
      ce_sequence: String(event.sequence),
      'content-type': 'application/json',
      ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    },
  };
}

const EVENT_TYPES = new Set<string>(Object.values(EVENT_OF_STATUS));

function required(headers: Readonly<Record<string, string>>, name: string): string {
  const value = headers[name];
  if (value === undefined) throw new EnvelopeError(`header ${name} is missing`);
  return value;
}

/**
 * Reads an event from a message's key, value and headers.
 * Throws {@link EnvelopeError}, which says what is wrong, when they are not those of an order event.
 */
export function fromEnvelope({ key, value, headers }: Envelope): OrderEvent {
  if (required(headers, 'ce_specversion') !== '1.0') throw new EnvelopeError('ce_specversion is not 1.0');
  const type = required(headers, 'ce_type');
  if (!EVENT_TYPES.has(type)) throw new EnvelopeError(`ce_type ${type} is not known`);
  const subject = required(headers, 'ce_subject');
  if (!isOrderNumber(subject)) throw new EnvelopeError('ce_subject is not an order number');
  if (key !== subject) throw new EnvelopeError('the key differs from ce_subject');
  const sequence = Number(required(headers, 'ce_sequence'));
  if (!Number.isSafeInteger(sequence) || sequence < 1)
    throw new EnvelopeError('ce_sequence is not a version');
  const data = parseData(value);
  if (data.number !== subject || data.version !== sequence) {
    throw new EnvelopeError('number or version of the data differ from the headers');
  }
  return {
    id: required(headers, 'ce_id'),
    source: required(headers, 'ce_source'),
    type: type as OrderEventType,
    subject,
    time: required(headers, 'ce_time'),
    sequence,
    // Kafka Connect sends a header without a value where there is none.
    traceparent: headers['traceparent'] || undefined,
    data,
  };
}

function parseData(value: string): OrderSnapshot {
  let data: unknown;
  try {
    data = JSON.parse(value);
  } catch (cause) {
    throw new EnvelopeError('the value is not JSON', { cause });
  }
  if (typeof data !== 'object' || data === null || !('items' in data) || !Array.isArray(data.items)) {
    throw new EnvelopeError('the value is not an order');
  }
  return data as OrderSnapshot;
}
