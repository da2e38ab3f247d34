import { describe, expect, test } from '@jest/globals';
import { PendingUnit } from './pending-unit.ts';
import { UnitQueue } from './unit-queue.ts';

let made = 0n;

function unit(
  options: { caller?: string; number?: bigint; key?: string; length?: number } = {},
): PendingUnit {
  made += 1n;
  const { caller, number = made, key, length = 10 } = options;
  return new PendingUnit(
    { number, ...(key === undefined ? {} : { key }) },
    { bucket: 1, keyBucket: undefined, keyGeneration: 0 },
    { steps: [], guarded: false, already: undefined, length },
    { doubt: false },
    caller,
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
    expect(queue.take({ units: 2, length: 1_000 }, new Set())).toEqual(units.slice(0, 2));
    expect(queue.take({ units: 100, length: 25 }, new Set())).toEqual(units.slice(2, 4));
    expect([queue.size, queue.length]).toEqual([1, 10]);
  });

  test('gives one that is longer than all may be, alone', () => {
    const long = unit({ length: 5_000 });
    const queue = queueOf(long, unit());
    expect(queue.take(ROOM, new Set())).toEqual([long]);
  });

  test('gives callers their turns', () => {
    const [a1, a2, a3, b1, c1] = ['a', 'a', 'a', 'b', 'c'].map((caller) => unit({ caller }));
    const queue = queueOf(a1!, a2!, a3!, b1!, c1!);
    expect(queue.take({ units: 4, length: 1_000 }, new Set())).toEqual([a1, b1, c1, a2]);
  });

  test('begins with another caller each time', () => {
    const units = ['a', 'a', 'b', 'b'].map((caller) => unit({ caller }));
    const queue = queueOf(...units);
    const takeOne = () => queue.take({ units: 1, length: 1_000 }, new Set())[0]!.caller;
    expect([takeOne(), takeOne(), takeOne(), takeOne()]).toEqual(['a', 'b', 'a', 'b']);
  });

  test('keeps units of one number apart and in order, and what comes behind them of the same caller', () => {
    const first = unit({ number: 7n, caller: 'a' });
    const second = unit({ number: 7n, caller: 'a' });
    const behind = unit({ caller: 'a' });
    const other = unit({ caller: 'b' });
    const queue = queueOf(first, second, behind, other);
    const busy = new Set<bigint | string>();
    expect(queue.take(ROOM, busy)).toEqual([first, other]);
    expect(queue.take(ROOM, busy)).toEqual([]);
    busy.delete(7n);
    expect(queue.take(ROOM, busy)).toEqual([second, behind]);
  });

  test('keeps units of one key apart', () => {
    const [one, two] = [unit({ key: 'k' }), unit({ key: 'k' })];
    expect(queueOf(one, two).take(ROOM, new Set())).toEqual([one]);
  });

  test('passes over what was settled while it waited', () => {
    const [late, next] = [unit(), unit()];
    const queue = queueOf(late, next);
    late.reject(new Error('too late'));
    late.outcome.catch(() => undefined);
    queue.forget(late);
    expect(queue.size).toBe(1);
    expect(queue.take(ROOM, new Set())).toEqual([next]);
    expect([queue.size, queue.length]).toEqual([0, 0]);
  });

  test('gives up all at once', () => {
    const units = ['a', 'b', 'a'].map((caller) => unit({ caller }));
    const queue = queueOf(...units);
    expect(new Set(queue.drain())).toEqual(new Set(units));
    expect([queue.size, queue.length]).toEqual([0, 0]);
  });
});
