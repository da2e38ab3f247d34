import { describe, expect, test } from '@jest/globals';
import { PendingUnit } from './pending-unit.ts';
import { UnitQueue } from './unit-queue.ts';

let made = 0n;

function unit(options: { caller?: string; length?: number } = {}): PendingUnit {
  made += 1n;
  const { caller, length = 10 } = options;
  return new PendingUnit(
    {
      target: { number: made },
      scope: { bucket: 1, keyBucket: undefined, keyGeneration: 0 },
      history: { doubt: false, stoodBehind: false },
      caller,
      deadline: Infinity,
      single: false,
    },
    { steps: [], guarded: false, alone: false, already: undefined, length },
  );
}

function queueOf(...units: PendingUnit[]): UnitQueue {
  const queue = new UnitQueue();
  for (const one of units) queue.add(one);
  return queue;
}

const ROOM = { units: 100, length: 1_000 };

describe('a queue of units', () => {
  test('gives them in their order, as many as may be, and counts the rest', () => {
    const units = Array.from({ length: 5 }, () => unit());
    const queue = queueOf(...units);
    expect([queue.size, queue.length]).toEqual([5, 50]);
    expect(queue.take({ units: 2, length: 1_000 })).toEqual(units.slice(0, 2));
    expect(queue.take({ units: 100, length: 25 })).toEqual(units.slice(2, 4));
    expect([queue.size, queue.length]).toEqual([1, 10]);
  });

  test('gives one that is longer than all may be, alone', () => {
    const long = unit({ length: 5_000 });
    const queue = queueOf(long, unit());
    expect(queue.take(ROOM)).toEqual([long]);
  });

  test('gives callers their turns', () => {
    const [a1, a2, a3, b1, c1] = ['a', 'a', 'a', 'b', 'c'].map((caller) => unit({ caller }));
    const queue = queueOf(a1!, a2!, a3!, b1!, c1!);
    expect(queue.take({ units: 4, length: 1_000 })).toEqual([a1, b1, c1, a2]);
  });

  test('begins with another caller each time', () => {
    const units = ['a', 'a', 'b', 'b'].map((caller) => unit({ caller }));
    const queue = queueOf(...units);
    const takeOne = () => queue.take({ units: 1, length: 1_000 })[0]!.caller;
    expect([takeOne(), takeOne(), takeOne(), takeOne()]).toEqual(['a', 'b', 'a', 'b']);
  });

  test('keeps nothing of what was taken out of its middle', () => {
    const [first, late, next] = [unit(), unit(), unit()];
    const queue = queueOf(first, late, next);
    queue.remove(late);
    expect([queue.size, queue.length]).toEqual([2, 20]);
    expect([late.queue, late.previous, late.next, first.next]).toEqual([
      undefined,
      undefined,
      undefined,
      next,
    ]);
    queue.remove(next);
    expect(queue.take(ROOM)).toEqual([first]);
    expect([queue.size, queue.length]).toEqual([0, 0]);
    queue.add(next);
    expect(queue.take(ROOM)).toEqual([next]);
  });

  test('gives up all at once', () => {
    const units = ['a', 'b', 'a'].map((caller) => unit({ caller }));
    const queue = queueOf(...units);
    expect(new Set(queue.drain())).toEqual(new Set(units));
    expect([queue.size, queue.length]).toEqual([0, 0]);
  });
});
