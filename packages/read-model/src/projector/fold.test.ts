import { describe, expect, test } from '@jest/globals';
import { sampleEnvelope, sampleSnapshot } from '../order-samples.fixture.ts';
import { foldBatch } from './fold.ts';
import type { SourceMessage } from './message.ts';

let offset = 0n;
const message = (number: bigint, version: number, change: Partial<SourceMessage> = {}): SourceMessage => {
  const { key, value, headers } = sampleEnvelope(sampleSnapshot(number, version));
  offset += 1n;
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    topic: 't',
    partition: 0,
    offset,
    ...change,
  };
};
const versions = (messages: SourceMessage[]) =>
  Object.fromEntries(foldBatch(messages).views.map(({ _id, version }) => [String(_id), version]));

describe('foldBatch', () => {
  test('keeps the newest version of each order, whatever the order of arrival', () => {
    expect(
      versions([message(1n, 1), message(2n, 1), message(1n, 3), message(1n, 2), message(2n, 1)]),
    ).toEqual({
      1: 3,
      2: 1,
    });
  });

  test('an empty batch comes to nothing', () => {
    expect(foldBatch([])).toEqual({ views: [], messages: new Map(), deadLetters: [] });
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
  ])('%s is a dead letter, and the others go on', (_, change, reason) => {
    const bad = message(1n, 1, change);
    const { views, deadLetters } = foldBatch([message(1n, 1), bad, message(2n, 1)]);
    expect(views.map(({ _id }) => _id)).toEqual([1n, 2n]);
    expect(deadLetters).toEqual([
      { message: bad, reason: expect.stringMatching(reason), stack: expect.any(String), retryable: false },
    ]);
  });
});
