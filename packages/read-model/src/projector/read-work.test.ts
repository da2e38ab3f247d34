import { describe, expect, test } from '@jest/globals';
import { toZeroPayload } from '@ordershard/order-events';
import { messageOf, sampleEnvelope, sampleSnapshot } from '../order-samples.fixture.ts';
import { orderView } from '../projections/order-view.ts';
import type { SourceMessage } from './message.ts';
import { readWork } from './read-work.ts';

const read = (...messages: SourceMessage[]) => readWork([{ messages, fresh: false }], orderView);
const broken = (version: number) => ({ ...messageOf(1n, version), value: Buffer.from('{') });

describe('readWork', () => {
  test('looks only into the newest', () => {
    const { views, deadLetters } = read(messageOf(1n, 3), broken(2), broken(1));
    expect(views.map(({ view }) => [view._id, view.version])).toEqual([[1n, 3]]);
    expect(deadLetters).toEqual([]);
  });

  test('what is newest and cannot be read does not hide what is older', () => {
    const { views, deadLetters } = read(broken(3), messageOf(1n, 2), messageOf(1n, 1));
    expect(views.map(({ view }) => view.version)).toEqual([2]);
    expect(deadLetters).toHaveLength(1);
  });

  test.each<[string, Partial<SourceMessage>, RegExp]>([
    ['no key', { key: undefined }, /^ORDER_EVENTS_ENVELOPE: the message has no key/],
    ['no value', { value: undefined }, /has no value/],
    ['no headers', { headers: [] }, /ce_specversion is missing/],
    ['bytes that are no JSON', { value: Buffer.from([0xff, 0x00]) }, /is not JSON/],
    [
      'an amount that is a float',
      { value: Buffer.from(JSON.stringify({ ...sampleSnapshot(1n, 1), total: 1.5 })) },
      /^ORDER_EVENTS_ENVELOPE: total of the data is no string/,
    ],
    [
      'an amount that is no whole number',
      { value: Buffer.from(JSON.stringify({ ...sampleSnapshot(1n, 1), total: '1.5' })) },
      /^READ_MODEL_PROJECTION: total is not/,
    ],
  ])('%s is a dead letter', (_, change, reason) => {
    const bad = { ...messageOf(1n, 1), ...change };
    expect(read(bad)).toEqual({
      views: [],
      references: [],
      deadLetters: [
        { message: bad, reason: expect.stringMatching(reason), stack: expect.any(String), retryable: false },
      ],
    });
  });

  test('an event that does not hold its order is a reference to it', () => {
    const { key, value, headers } = toZeroPayload(sampleEnvelope(sampleSnapshot(7n, 3)));
    const zero = {
      ...messageOf(7n, 3),
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    };
    const { views, references } = read(zero);
    expect(views).toEqual([]);
    expect(references).toEqual([{ number: 7n, version: 3, message: zero, fresh: false }]);
  });
});
