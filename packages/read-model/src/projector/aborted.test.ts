import { expect, test } from '@jest/globals';
import { committedOnly, type RecordsBatches } from './aborted.ts';

type Batch = RecordsBatches[number];

/** A batch of one record; a mark where `mark` says how a transaction ended. */
function batch(offset: number, producer: number, mark?: 'abort' | 'commit', transactional = true): Batch {
  const key = Buffer.from([0, 0, 0, mark === 'abort' ? 0 : 1]);
  return {
    firstOffset: BigInt(offset),
    lastOffsetDelta: 0,
    producerId: BigInt(producer),
    attributes: (transactional ? 16 : 0) | (mark === undefined ? 0 : 32),
    records: [{ key, value: null, headers: [], offsetDelta: 0 }],
  } as unknown as Batch;
}

const aborted = (...transactions: (readonly [producer: number, firstOffset: number])[]) =>
  transactions.map(([producerId, firstOffset]) => ({
    producerId: BigInt(producerId),
    firstOffset: BigInt(firstOffset),
  }));

const offsetsOf = (batches: RecordsBatches) => batches.map(({ firstOffset }) => Number(firstOffset));

test('each of several aborted transactions of a producer is left out, and what it committed between them is not', () => {
  const batches = [
    batch(0, 1),
    batch(1, 1, 'abort'),
    batch(2, 1),
    batch(3, 1, 'commit'),
    batch(4, 1),
    batch(5, 1, 'abort'),
    batch(6, 1),
    batch(7, 1, 'commit'),
  ];
  expect(offsetsOf(committedOnly(batches, aborted([1, 4], [1, 0])))).toEqual([1, 2, 3, 5, 6, 7]);
});

test('an aborted transaction is left out where its mark, or its begin, is in another answer', () => {
  expect(offsetsOf(committedOnly([batch(5, 1), batch(6, 2), batch(7, 1)], aborted([1, 5])))).toEqual([6]);
  expect(
    offsetsOf(committedOnly([batch(8, 1), batch(9, 1, 'abort'), batch(10, 1)], aborted([1, 5]))),
  ).toEqual([9, 10]);
});

test('what is no part of a transaction stays, and so does all where none was aborted', () => {
  const batches = [batch(0, 1), batch(1, 1, undefined, false), batch(2, 2)];
  expect(offsetsOf(committedOnly(batches, aborted([1, 0])))).toEqual([1, 2]);
  expect(committedOnly(batches, [])).toBe(batches);
  expect(committedOnly(batches, null)).toBe(batches);
});

test('a mark that is none ends no transaction', () => {
  const odd = { ...batch(1, 1, 'abort'), records: [] } as unknown as Batch;
  expect(offsetsOf(committedOnly([batch(0, 1), odd, batch(2, 1)], aborted([1, 0])))).toEqual([1]);
});
