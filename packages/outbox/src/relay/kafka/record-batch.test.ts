import { describe, expect, test } from '@jest/globals';
import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka';
import type { Message } from '../message.ts';
import { RecordBatch } from './record-batch.ts';

const identity = { producerId: 9_007_199_254_740_993n, producerEpoch: 3, sequence: 77 };

const messages: Message[] = [
  { key: '1', value: Buffer.from('{}'), headers: {} },
  {
    key: '9007199254740993',
    value: Buffer.from('{"name":"떡볶이 \u{1f35c}"}'),
    headers: { ce_id: '1-2', 주: '국' },
  },
  {
    key: 'k'.repeat(200),
    value: Buffer.from('v'.repeat(100_000)),
    headers: { long: 'h'.repeat(3_000), short: '' },
  },
  {
    key: '',
    value: Buffer.from(''),
    headers: { edge: 'e'.repeat(48), over: 'o'.repeat(49), '63': 'x'.repeat(64) },
  },
];

function written(of: readonly Message[], batch = new RecordBatch(16)): Buffer {
  for (const message of of) batch.append(message);
  return Buffer.from(batch.finish(identity, 1_767_323_045_678));
}

describe('RecordBatch', () => {
  test('is byte for byte what the client writes', () => {
    const theirs = createRecordsBatch(
      messages.map(({ key, value, headers }) => ({
        topic: 't',
        partition: 0,
        key: Buffer.from(key),
        value,
        headers: new Map(
          Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
        ),
        timestamp: 1_767_323_045_678n,
      })),
      {
        producerId: identity.producerId,
        producerEpoch: identity.producerEpoch,
        partitionLeaderEpoch: -1,
        sequences: { getWithDefault: () => identity.sequence } as never,
      },
    );
    expect(written(messages).equals(theirs.buffer)).toBe(true);
  });

  test('is read back as it was', () => {
    const batch = readRecordsBatch(Reader.from(written(messages)));
    expect(
      batch.records.map(({ key, value, headers }) => ({
        key: String(key),
        value: Buffer.from(value!),
        headers: Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)])),
      })),
    ).toEqual(messages);
  });

  test('begins anew in the same buffer', () => {
    const batch = new RecordBatch(16);
    written(messages, batch);
    batch.clear();
    expect(batch.count).toBe(0);
    expect(written([messages[1]!], batch).equals(written([messages[1]!]))).toBe(true);
  });
});
