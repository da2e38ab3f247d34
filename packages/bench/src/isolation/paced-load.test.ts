import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { PacedLoad } from './paced-load.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

test('calls are made at their rate though none is answered', async () => {
  const answers: (() => void)[] = [];
  const load = new PacedLoad(100, () => new Promise<void>((resolve) => answers.push(resolve)));
  jest.advanceTimersByTime(1_000);
  expect(answers).toHaveLength(100);
  expect(load.waiting).toBe(100);
  const stopped = load.stop();
  jest.advanceTimersByTime(1_000);
  for (const answer of answers) answer();
  await stopped;
  expect(load.calls).toHaveLength(100);
});

test('a call that fails is kept with its error', async () => {
  const failure = new Error('no');
  const load = new PacedLoad(1, () => Promise.reject(failure));
  jest.advanceTimersByTime(1_000);
  await load.stop();
  expect(load.calls).toEqual([expect.objectContaining({ error: failure })]);
});
