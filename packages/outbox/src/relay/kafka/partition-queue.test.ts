import { expect, test } from '@jest/globals';
import { readRecordsBatch, Reader } from '@platformatic/kafka';
import type { Withheld } from '../publisher.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { PartitionAnswer } from './produce-request.ts';

const answer = (errorCode: number, blamed: number[] = []): PartitionAnswer => ({
  topic: 't',
  partition: 0,
  errorCode,
  errorMessage: null,
  recordErrors: blamed.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: 'no key' })),
});

/** Sends messages `key:value` to a broker that refuses some values. Returns the messages it took and the withheld ones. */
function play(texts: readonly string[], refuse: (values: readonly string[]) => PartitionAnswer | undefined) {
  const queue = new PartitionQueue();
  const messages = texts.map((text) => {
    const [key = '', value = ''] = text.split(':');
    return { key, value: Buffer.from(value), headers: {} };
  });
  queue.begin(messages);
  for (const index of messages.keys()) queue.add(index);
  const batches: string[][] = [];
  const withheld: Withheld[] = [];
  for (;;) {
    const batch = queue.next();
    if (batch === undefined) return { taken: batches, withheld };
    const bytes = Buffer.from(batch.finish({ producerId: 1n, producerEpoch: 0, sequence: 0 }, 0));
    const values = readRecordsBatch(Reader.from(bytes)).records.map(({ value }) => String(value));
    const refused = refuse(values);
    withheld.push(...queue.answered(refused));
    if (refused === undefined) batches.push(values);
  }
}

test('all goes in one batch when nothing is wrong', () => {
  expect(play(['a:1', 'b:2', 'a:3'], () => undefined)).toEqual({ taken: [['1', '2', '3']], withheld: [] });
});

test('the one that is too large is found among many; later ones of its key stay behind it', () => {
  const texts = Array.from({ length: 100 }, (_, i) => `${i % 10}:${i}`);
  const { taken, withheld } = play(texts, (values) => (values.includes('37') ? answer(10) : undefined));
  expect(withheld).toEqual(
    [37, 47, 57, 67, 77, 87, 97].map((index) => ({
      index,
      reason: index === 37 ? 'larger than the topic takes' : undefined,
    })),
  );
  const left = texts.map((_, i) => String(i)).filter((_, i) => i % 10 !== 7 || i < 37);
  expect(taken.flat()).toEqual(left);
});

test('where the broker says which it is, that one is taken out at once', () => {
  const seen: number[] = [];
  const { taken, withheld } = play(['a:1', 'b:2', 'c:3'], (values) => {
    seen.push(values.length);
    return values.includes('2') ? answer(87, [1]) : undefined;
  });
  expect(seen).toEqual([3, 2]);
  expect(taken).toEqual([['1', '3']]);
  expect(withheld).toEqual([{ index: 1, reason: 'no key' }]);
});

test('what is too much for one batch goes in several, in order', () => {
  const texts = ['x', 'y', 'z'].map((letter) => `k:${letter.repeat(400_000)}`);
  expect(play(texts, () => undefined).taken.map((batch) => batch.map((text) => text[0]))).toEqual([
    ['x', 'y'],
    ['z'],
  ]);
});
