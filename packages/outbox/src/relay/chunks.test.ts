import { expect, test } from '@jest/globals';
import { chunksOf } from './chunks.ts';

const message = (bytes: number) => ({ key: '', value: 'x'.repeat(bytes - 400) });
const sizes = (messages: { key: string; value: string }[], max: number) =>
  [...chunksOf(messages, max)].map((chunk) => chunk.length);

test('parts are filled up to the limit, in order', () => {
  expect(sizes([message(500), message(500), message(500)], 1_000)).toEqual([2, 1]);
  expect(sizes([message(500), message(501), message(499)], 1_000)).toEqual([1, 2]);
  const messages = [message(600), message(700), message(800)];
  expect([...chunksOf(messages, 1_000)].flat()).toEqual(messages);
});

test('one that is too large is sent alone', () => {
  expect(sizes([message(500), message(5_000), message(500)], 1_000)).toEqual([1, 1, 1]);
});

test('bytes count, not characters', () => {
  expect(sizes([{ key: '', value: '주'.repeat(200) }, message(401)], 1_400)).toEqual([1, 1]);
});

test('nothing gives no part', () => {
  expect(sizes([], 1_000)).toEqual([]);
});
