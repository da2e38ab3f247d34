import { describe, expect, test } from '@jest/globals';
import { messageOf, sampleSnapshot } from '../order-samples.fixture.ts';
import { orderView } from '../projections/order-view.ts';
import type { SourceMessage } from './message.ts';
import { readWork } from './read-work.ts';

const read = (...messages: SourceMessage[]) => readWork([{ messages, fresh: false }], orderView);
const broken = (version: number) => ({ ...messageOf(1n, version), value: Buffer.from('{') });

describe('readWork', () => {
  test('looks only into the newest', () => {
    const { views, messages, deadLetters } = read(messageOf(1n, 3), broken(2), broken(1));
    expect(views.map(({ _id, version }) => [_id, version])).toEqual([[1n, 3]]);
    expect(messages).toHaveLength(1);
    expect(deadLetters).toEqual([]);
  });

  test('what is newest and cannot be read does not hide what is older', () => {
    const { views, deadLetters } = read(broken(3), messageOf(1n, 2), messageOf(1n, 1));
    expect(views.map(({ version }) => version)).toEqual([2]);
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
      messages: [],
      fresh: [],
      deadLetters: [
        { message: bad, reason: expect.stringMatching(reason), stack: expect.any(String), retryable: false },
      ],
    });
  });
});
