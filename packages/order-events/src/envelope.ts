import { checkSnapshot } from './check-snapshot.ts';
import { EnvelopeError, UnknownVersionError } from './errors.ts';
import {
  ORDER_EVENT_TYPES,
  type EventAttributes,
  type OrderEvent,
  type OrderEventType,
  type ZeroPayloadEvent,
} from './event.ts';
import { isOrderNumber } from './order-number.ts';
import { dataSchemaOf, readDataSchema, SNAPSHOT_UPCASTERS, versionOfJson } from './versions/data-schema.ts';
import { upcast } from './versions/upcast.ts';

/**
 * The parts of a Kafka message as text. The value, which may be long, may be bytes of UTF-8 where no code has to look into
 * it.
 */
export interface Envelope<Value extends string | Buffer = string> {
  /** The order number: what keeps an order's events in one partition. */
  readonly key: string;
  /** JSON of the event's data. */
  readonly value: Value;
  readonly headers: Readonly<Record<string, string>>;
}

/** An event whose data is JSON text already, as in an outbox row. */
export type EncodedEvent<Json extends string | Buffer = string> = EventAttributes & { readonly json: Json };

/** An event of either form. */
export type ReadEvent =
  ({ readonly form: 'snapshot' } & OrderEvent) | ({ readonly form: 'zero' } & ZeroPayloadEvent);

/** The version of the zero-payload form. */
const ZERO_VERSION = 1;

/**
 * Writes an event whose data is JSON text as CloudEvents 1.0 in Kafka's binary mode (attributes as `ce_` headers). A
 * snapshot of schema version 1 goes without `ce_dataschema`, as it has from the beginning.
 */
export function toEnvelope<Json extends string | Buffer>(event: EncodedEvent<Json>): Envelope<Json> {
  const version = versionOfJson(event.json);
  return {
    key: event.subject,
    value: event.json,
    headers: headersOf(event, version === 1 ? undefined : dataSchemaOf('snapshot', version)),
  };
}

/** Writes an event without its data, for internal topics: only number and version, which the headers hold too. */
export function toZeroPayloadEnvelope(event: EventAttributes): Envelope {
  return toZeroPayload({ key: event.subject, headers: headersOf(event, undefined) });
}

/** Returns the envelope of the same event without its data. */
export function toZeroPayload({ key, headers }: Pick<Envelope, 'key' | 'headers'>): Envelope {
  return {
    key,
    value: `{"number":"${headers['ce_subject']}","version":${headers['ce_sequence']}}`,
    headers: { ...headers, ce_dataschema: dataSchemaOf('zero', ZERO_VERSION) },
  };
}

function headersOf(event: EventAttributes, dataSchema: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_subject: event.subject,
    ce_time: event.time,
    ce_sequence: String(event.sequence),
    'content-type': 'application/json',
  };
  if (dataSchema !== undefined) headers['ce_dataschema'] = dataSchema;
  if (event.traceparent !== undefined) headers['traceparent'] = event.traceparent;
  return headers;
}

const EVENT_TYPES = new Set<string>(ORDER_EVENT_TYPES);

function required(headers: Readonly<Record<string, string>>, name: string): string {
  const value = headers[name];
  if (value === undefined) throw new EnvelopeError(`header ${name} is missing`);
  return value;
}

/**
 * Reads an event of either form from a message's key, value and headers. Data of an older schema version is brought up to
 * the newest.
 *
 * @throws EnvelopeError, which says what is wrong, when they are not those of an order event
 * @throws UnknownVersionError when the data is of a newer version than this release knows
 */
export function readEnvelope({ key, value, headers }: Envelope): ReadEvent {
  if (required(headers, 'ce_specversion') !== '1.0') throw new EnvelopeError('ce_specversion is not 1.0');
  const type = required(headers, 'ce_type');
  if (!EVENT_TYPES.has(type)) throw new EnvelopeError(`ce_type ${type} is not known`);
  const subject = required(headers, 'ce_subject');
  if (!isOrderNumber(subject)) throw new EnvelopeError('ce_subject is not an order number');
  if (key !== subject) throw new EnvelopeError('the key differs from ce_subject');
  const sequence = Number(required(headers, 'ce_sequence'));
  if (!Number.isSafeInteger(sequence) || sequence < 1)
    throw new EnvelopeError('ce_sequence is not a version');
  const attributes: EventAttributes = {
    id: required(headers, 'ce_id'),
    source: required(headers, 'ce_source'),
    type: type as OrderEventType,
    subject,
    time: required(headers, 'ce_time'),
    sequence,
    // Debezium cannot leave a header out where there is no trace.
    traceparent: headers['traceparent'] === '' ? undefined : headers['traceparent'],
  };
  const { form, version } = readDataSchema(headers['ce_dataschema']);
  const data = parseData(value);
  if (data['number'] !== subject || data['version'] !== sequence)
    throw new EnvelopeError('number or version of the data differ from the headers');
  if (form === 'snapshot')
    return { form, ...attributes, data: checkSnapshot(upcast(SNAPSHOT_UPCASTERS, data, version)) };
  if (version !== ZERO_VERSION)
    throw new UnknownVersionError(`the zero-payload form is of version ${version}, this release knows 1`);
  return { form, ...attributes };
}

/**
 * Reads a snapshot event from a message's key, value and headers.
 *
 * @throws EnvelopeError, which says what is wrong, when they are not those of a snapshot event
 * @throws UnknownVersionError when the data is of a newer version than this release knows
 */
export function fromEnvelope(envelope: Envelope): OrderEvent {
  const event = readEnvelope(envelope);
  if (event.form !== 'snapshot')
    throw new EnvelopeError('the event carries no order: it is of the zero-payload form');
  const { form: _, ...rest } = event;
  return rest;
}

function parseData(value: string): Readonly<Record<string, unknown>> {
  let data: unknown;
  try {
    data = JSON.parse(value);
  } catch (cause) {
    throw new EnvelopeError('the value is not JSON', { cause });
  }
  if (typeof data !== 'object' || data === null) throw new EnvelopeError('the value is not an order');
  return data as Readonly<Record<string, unknown>>;
}
