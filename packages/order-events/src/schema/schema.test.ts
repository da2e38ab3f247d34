import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { toEnvelope, toZeroPayloadEnvelope } from '../envelope.ts';
import { sampleEvent } from '../samples.fixture.ts';
import { ORDER_EVENT_TYPES } from '../event.ts';
import { ORDER_STATUSES } from '../snapshot.ts';
import { asyncApiDocument } from './asyncapi.ts';
import {
  HEADERS_SCHEMA,
  ORDER_REFERENCE_SCHEMA,
  ORDER_SNAPSHOT_SCHEMA,
  SCHEMA_FILES,
} from './json-schemas.ts';

const ajv = new Ajv2020({ strict: true, formats: { 'date-time': true, 'uri-reference': true } });
const snapshot = ajv.compile(ORDER_SNAPSHOT_SCHEMA);
const reference = ajv.compile(ORDER_REFERENCE_SCHEMA);
const headers = ajv.compile(HEADERS_SCHEMA);

const docs = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../docs/events/${name}`, import.meta.url), 'utf8')) as unknown;

describe('schemas', () => {
  test.each(ORDER_STATUSES)('an event of an order that is %s passes in both forms', (status) => {
    const event = sampleEvent(status);
    const envelope = toEnvelope({ ...event, json: JSON.stringify(event.data) });
    const zero = toZeroPayloadEnvelope(event);
    expect([snapshot(JSON.parse(envelope.value)), snapshot.errors]).toEqual([true, null]);
    expect([reference(JSON.parse(zero.value)), reference.errors]).toEqual([true, null]);
    expect([headers(envelope.headers), headers(zero.headers)]).toEqual([true, true]);
  });

  test.each([
    { total: 12 },
    { total: '12.5' },
    { number: '007' },
    { status: 'eaten' },
    { items: [{ line: 1 }] },
    { version: 0 },
    { cancellation: { by: 'nobody', reason: 'x' } },
  ])('%j does not pass', (change) => {
    expect(snapshot({ ...sampleEvent('created').data, ...change })).toBe(false);
  });

  test('members that are not named may come', () => {
    expect(snapshot({ ...sampleEvent('created').data, loyaltyPoints: '7' })).toBe(true);
  });
});

/** Every `$ref` of a document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [String(inner)] : references(inner),
  );
}

describe('files in docs/events', () => {
  test.each(Object.entries(SCHEMA_FILES))('schemas/%s is what the code says', (name, schema) => {
    expect(docs(`schemas/${name}`)).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  test('the AsyncAPI document is what the code says, and refers to nothing that it does not hold', () => {
    const document = docs('asyncapi.json') as Record<string, never>;
    expect(document).toEqual(JSON.parse(JSON.stringify(asyncApiDocument())));
    for (const pointer of references(document)) {
      const target = pointer
        .slice(2)
        .split('/')
        .reduce((inner: Record<string, never> | undefined, name) => inner?.[name], document);
      expect([pointer, target === undefined]).toEqual([pointer, false]);
    }
  });

  test('it has a message for each type of event on each topic', () => {
    const { channels } = docs('asyncapi.json') as {
      channels: Record<string, { address: string; messages: object }>;
    };
    expect(Object.values(channels).map(({ address }) => address)).toEqual([
      'orders.snapshots',
      'orders.events',
    ]);
    for (const { messages } of Object.values(channels))
      expect(Object.keys(messages)).toHaveLength(ORDER_EVENT_TYPES.length);
  });
});
