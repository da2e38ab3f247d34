import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchCaller } from './watch-caller.ts';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test('what stays open ends within a minute once its caller is not to be believed any more', async () => {
  let isStill = true;
  let ended = 0;
  const stop = watchCaller(
    () => Promise.resolve(isStill),
    () => (ended += 1),
  );
  await jest.advanceTimersByTimeAsync(600_000);
  expect(ended).toBe(0);
  isStill = false;
  await jest.advanceTimersByTimeAsync(30_000);
  expect(ended).toBeGreaterThan(0);
  stop();
  expect(jest.getTimerCount()).toBe(0);
});
