import { describe, expect, test } from '@jest/globals';
import { SNAPSHOT_MEMBERS } from './check-snapshot.ts';
import { fromEnvelope, readEnvelope, toEnvelope, toZeroPayloadEnvelope } from './envelope.ts';
import { EnvelopeError, UnknownVersionError } from './errors.ts';
import { sampleEvent } from './samples.fixture.ts';

const event = sampleEvent('paid');
const encode = () => toEnvelope({ ...event, json: JSON.stringify(event.data) });

describe('envelope', () => {
  test('an event comes back as it went in, amounts beyond 2^53 included', () => {
    expect(fromEnvelope(encode())).toEqual(event);
  });

  test('the id names number and version, the key is the number; version 1 goes without a schema', () => {
    const { key, headers } = encode();
    expect(key).toBe('9007199254740993');
    expect(headers['ce_id']).toBe('9007199254740993-2');
    expect(headers).not.toHaveProperty('traceparent');
    expect(headers).not.toHaveProperty('ce_dataschema');
  });

  test('data of a later schema version says so, and is refused by a release that does not know it', () => {
    const later = toEnvelope({ ...event, json: `{"schemaVersion":2,${JSON.stringify(event.data).slice(1)}` });
    expect(later.headers['ce_dataschema']).toBe('/ordershard/schemas/order-snapshot/2');
    expect(() => fromEnvelope(later)).toThrow(UnknownVersionError);
  });

  test('what a later release adds does no harm', () => {
    const value = JSON.stringify({ ...event.data, loyaltyPoints: '7' });
    expect(fromEnvelope({ ...encode(), value }).data).toMatchObject({ loyaltyPoints: '7' });
  });

  test.each([
    ['no type', { headers: { ...encode().headers, ce_type: 'order.eaten' } }],
    ['another key', { key: '7' }],
    ['not JSON', { value: '{' }],
    ['not an order', { value: 'null' }],
    ['another version inside', { headers: { ...encode().headers, ce_sequence: '3' } }],
    ['a fractional version', { headers: { ...encode().headers, ce_sequence: '2.5' } }],
    ['no headers', { headers: {} }],
  ])('refuses %s', (_, change) => {
    expect(() => fromEnvelope({ ...encode(), ...change })).toThrow(EnvelopeError);
  });

  test.each(Object.keys(SNAPSHOT_MEMBERS).filter((name) => name !== 'number' && name !== 'version'))(
    'names %s when it is missing or of another kind',
    (name) => {
      const { [name]: _, ...rest } = event.data as unknown as Record<string, unknown>;
      const refused = (data: object) => () => fromEnvelope({ ...encode(), value: JSON.stringify(data) });
      expect(refused(rest)).toThrow(`${name} of the data is missing`);
      expect(refused({ ...rest, [name]: 7 })).toThrow(`${name} of the data is no `);
    },
  );
});

describe('the zero-payload form', () => {
  test('has the same headers, and of the order only which change it is', () => {
    const zero = toZeroPayloadEnvelope(event);
    const { ce_dataschema: schema, ...headers } = zero.headers;
    expect(schema).toBe('/ordershard/schemas/order-reference/1');
    expect(headers).toEqual(encode().headers);
    expect(JSON.parse(zero.value)).toEqual({ number: '9007199254740993', version: 2 });
  });

  test('is read as what it is, and is no snapshot', () => {
    const { data: _, ...attributes } = event;
    expect(readEnvelope(toZeroPayloadEnvelope(event))).toEqual({ form: 'zero', ...attributes });
    expect(() => fromEnvelope(toZeroPayloadEnvelope(event))).toThrow(EnvelopeError);
    expect(readEnvelope(encode())).toEqual({ form: 'snapshot', ...event });
  });
});
