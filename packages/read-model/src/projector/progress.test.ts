import { expect, test } from '@jest/globals';
import { messageOf } from '../order-samples.fixture.ts';
import { Progress } from './progress.ts';

const bounds = { messages: 3, bytes: 1_000_000 };
const upTo = (offset: bigint) => ({ offset, leaderEpoch: 0 });

test('is committed up to the first that is not done', () => {
  const progress = new Progress(10n);
  const first = progress.add([messageOf(1n, 1)], upTo(11n));
  const second = progress.add([messageOf(2n, 1)], upTo(12n));
  const third = progress.add([messageOf(3n, 1)], upTo(13n));
  expect(progress.next).toBe(13n);
  second();
  expect(progress.take()).toBeUndefined();
  first();
  expect(progress.take()).toEqual(upTo(12n));
  expect(progress.take()).toBeUndefined();
  third();
  expect(progress.take()).toEqual(upTo(13n));
});

test('is full by messages or by bytes until enough is done, in whatever order', () => {
  const progress = new Progress(0n);
  const first = progress.add([messageOf(1n, 1), messageOf(2n, 1)], upTo(2n));
  expect(progress.isFull(bounds)).toBe(false);
  const second = progress.add([messageOf(3n, 1)], upTo(3n));
  expect(progress.isFull(bounds)).toBe(true);
  second();
  expect(progress.isFull(bounds)).toBe(false);
  expect(progress.isFull({ messages: 100, bytes: 2_000 })).toBe(true);
  first();
  expect(progress.isFull({ messages: 100, bytes: 2_000 })).toBe(false);
});
