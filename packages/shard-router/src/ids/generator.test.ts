import { expect, test } from '@jest/globals';
import { NumbersUnavailableError } from '../errors.ts';
import { NumberGenerator, type WorkerWindow } from './generator.ts';
import { decodeNumber } from './snowflake.ts';

const start = Date.UTC(2026, 0, 1);
const window: WorkerWindow = {
  worker: 3,
  firstSequence: 0,
  sequences: 4_096,
  fromMs: start,
  untilMs: start + 10_000,
};

/** A clock that is read `perMs` times in each millisecond. */
function clockOf(perMs: number, from = start) {
  let reads = 0;
  return () => from + Math.floor(reads++ / perMs);
}

test('numbers rise, and a millisecond that is used up waits for the next', () => {
  const generator = new NumberGenerator(() => window, clockOf(10_000));
  let last = -1n;
  for (let i = 0; i < 9_000; i += 1) {
    const number = generator.draw();
    expect(number > last).toBe(true);
    last = number;
  }
  expect(decodeNumber(last)).toMatchObject({ worker: 3, timeMs: start + 2 });
});

test('a clock a little back is waited for, further back it is refused', () => {
  let now = start + 100;
  const generator = new NumberGenerator(
    () => window,
    () => now++,
  );
  const first = generator.draw();
  now = start + 98;
  expect(generator.draw() > first).toBe(true);
  now = start + 50;
  expect(() => generator.draw()).toThrow(NumbersUnavailableError);
});

test('draws only inside its window', () => {
  let now = start - 60_000;
  let current: WorkerWindow | undefined;
  const generator = new NumberGenerator(
    () => current,
    () => now,
  );
  expect(() => generator.draw()).toThrow('no worker id is leased');
  current = window;
  expect(() => generator.draw()).toThrow(/behind/);
  now = start + 10_000;
  expect(decodeNumber(generator.draw()).timeMs).toBe(start + 10_000);
  now = start + 10_001;
  expect(() => generator.draw()).toThrow('the worker lease has run out');
});

test('draws from its own range of sequences only, and waits for the next millisecond when it is used up', () => {
  const range: WorkerWindow = { ...window, firstSequence: 2_112, sequences: 64 };
  const generator = new NumberGenerator(() => range, clockOf(1_000));
  const drawn = Array.from({ length: 200 }, () => decodeNumber(generator.draw()));
  const sequences = drawn.filter(({ timeMs }) => timeMs === start + 1).map(({ sequence }) => sequence);
  expect(sequences).toEqual(Array.from({ length: 64 }, (_, i) => 2_112 + i));
});
