import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../order-samples.fixture.ts';
import { Lanes, type Work } from './lanes.ts';
import type { SourceMessage } from './message.ts';
import { sequenceOf } from './sequence.ts';

/** Lanes, and the names of the chunks that are done. */
function scene() {
  const lanes = new Lanes();
  const done: string[] = [];
  const add = (name: string, ...messages: SourceMessage[]) =>
    lanes.add({ messages, done: () => done.push(name) });
  return { lanes, done, add };
}

/** Order and versions of each work. */
const told = (works: readonly Work[]) =>
  works.map(({ messages }) => `${String(messages[0]!.key)}: ${messages.map(sequenceOf).join()}`);

describe('Lanes', () => {
  test('give an order once with all that waits, the newest first, in the order of the first arrivals', () => {
    const { lanes, add } = scene();
    add('a', messageOf(1n, 1), messageOf(2n, 1), messageOf(1n, 3));
    add('b', messageOf(1n, 2), messageOf(2n, 1));
    expect(told(lanes.take(10))).toEqual(['1: 3,2,1', '2: 1,1']);
    expect(lanes.take(10)).toEqual([]);
  });

  test('an order that is under way is not given again before it is finished', () => {
    const { lanes, add } = scene();
    add('a', messageOf(1n, 1));
    const first = lanes.take(10);
    add('b', messageOf(1n, 2), messageOf(2n, 1));
    expect(told(lanes.take(10))).toEqual(['2: 1']);
    lanes.finish(first);
    expect(told(lanes.take(10))).toEqual(['1: 2']);
  });

  test('a chunk is done when the last of its orders is, whatever is not done beside it', () => {
    const { lanes, done, add } = scene();
    add('a', messageOf(1n, 1), messageOf(2n, 1));
    const [one, two] = [lanes.take(1), lanes.take(1)];
    add('b', messageOf(2n, 2));
    lanes.finish(two);
    lanes.finish(lanes.take(1));
    expect(done).toEqual(['b']);
    lanes.finish(one);
    expect(done).toEqual(['b', 'a']);
  });

  test('an empty chunk is done at once', () => {
    const { done, add } = scene();
    add('a');
    expect(done).toEqual(['a']);
  });

  test('a flood of one order is taken apart from the others, and as one', () => {
    const { lanes, add } = scene();
    add(
      'a',
      messageOf(9n, 1),
      messageOf(1n, 1),
      ...Array.from({ length: 100 }, (_, i) => messageOf(9n, i + 2)),
    );
    expect(told(lanes.take(10))).toEqual(['1: 1']);
    const [flood] = lanes.takeFloods(10);
    expect(flood!.messages).toHaveLength(101);
    expect(sequenceOf(flood!.messages[0]!)).toBe(101);
  });

  test('messages without a key, or without a version, are given as they are', () => {
    const { lanes, add, done } = scene();
    const bare = { ...messageOf(1n, 1), key: undefined };
    const headless = { ...messageOf(1n, 1), headers: [] };
    add('a', bare, bare, messageOf(1n, 7), headless);
    const works = lanes.take(10);
    expect(works.map(({ messages }) => messages.length)).toEqual([1, 1, 2]);
    expect(works[2]!.messages[0]).toBe(headless);
    lanes.finish(works);
    expect(done).toEqual(['a']);
  });

  test('keeps nothing of what is finished', () => {
    const { lanes, add } = scene();
    for (let round = 0; round < 5_000; round += 1) {
      add('a', messageOf(BigInt(round % 7), 1));
      lanes.finish(lanes.take(10));
    }
    expect(lanes.waiting).toBe(0);
  });
});
