import { expect, test } from '@jest/globals';
import { PublishError } from '../../errors.ts';
import type { Message } from '../message.ts';
import { BATCH_BYTES, BatchLimit } from './batch-limit.ts';
import type { BatchSender } from './batch-producer.ts';
import { queuesFor, Send } from './send.ts';

const PARTITIONS = 3;

const messages = Array.from({ length: 30 }, (_, i): Message => ({
  key: `k${i % 10}`,
  value: Buffer.from(String(i)),
  headers: {},
}));

/** A producer that stores what is for some partitions and fails with the rest; notes how many messages it has stored. */
function producerOf(well: (partition: number) => boolean, stored: number[]): BatchSender {
  const send: BatchSender['send'] = async (batches, answered) => {
    for (const batch of batches.filter(({ partition }) => well(partition))) {
      stored.push(batch.batch.count);
      answered(batch, undefined);
    }
    if (batches.some(({ partition }) => !well(partition))) throw new PublishError('no leader');
  };
  return { send };
}

test('what brokers have acknowledged is known when another of them has not answered; the rest alone is left', async () => {
  const limit = new BatchLimit();
  const [first, second]: [number[], number[]] = [[], []];
  const send = new Send('t', messages, queuesFor(PARTITIONS, limit));
  await expect(send.run(producerOf((partition) => partition !== 1, first))).rejects.toThrow(PublishError);
  const { stored } = send.end();
  expect(stored).toHaveLength(first.reduce((sum, count) => sum + count, 0));
  const left = messages.filter((message) => !stored.includes(message));
  expect(left.length).toBeGreaterThan(0);
  const keys = new Set(stored.map(({ key }) => key));
  expect(left.filter(({ key }) => keys.has(key))).toEqual([]);
  const again = new Send('t', left, queuesFor(PARTITIONS, limit));
  await again.run(producerOf(() => true, second));
  expect(second).toEqual([left.length]);
});

test('an answer that comes after the end changes nothing', async () => {
  const late: (() => void)[] = [];
  const producer: BatchSender = {
    send: async (batches, answered) => {
      late.push(() => {
        for (const batch of batches) answered(batch, undefined);
      });
      throw new PublishError('no answer');
    },
  };
  const send = new Send('t', messages, queuesFor(PARTITIONS, new BatchLimit()));
  await expect(send.run(producer)).rejects.toThrow(PublishError);
  expect(send.end().stored).toEqual([]);
  for (const answer of late) answer();
  expect(send.end().stored).toEqual([]);
});

test('how large a batch may be is learned once for all sends, and tried anew now and then', async () => {
  const limit = new BatchLimit();
  limit.refused(BATCH_BYTES);
  limit.refused(100_000);
  expect(limit.bytes).toBe(50_000);
  limit.stored(10_000);
  for (let batch = 1; batch < 50; batch += 1) limit.stored(40_000);
  expect(limit.bytes).toBe(50_000);
  limit.stored(40_000);
  expect(limit.bytes).toBe(100_000);
});
