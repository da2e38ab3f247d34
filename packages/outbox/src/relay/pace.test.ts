import { expect, test } from '@jest/globals';
import { nextPause, retryPause } from './pace.ts';

test('a full read is followed at once, a partial one in 20 ms, an empty one later and later', () => {
  expect(nextPause(50, 1_000, 1_000)).toBe(0);
  expect(nextPause(50, 1, 1_000)).toBe(20);
  const pauses = [20];
  for (let i = 0; i < 3; i += 1) pauses.push(nextPause(pauses.at(-1)!, 0, 1_000));
  expect(pauses).toEqual([20, 40, 50, 50]);
  expect(nextPause(0, 0, 1_000)).toBe(20);
});

test('retries wait longer each time, up to 5 s, never less than half', () => {
  expect([0, 1, 2, 10, 1_000].map((failures) => retryPause(failures, () => 0))).toEqual([
    100, 200, 400, 5_000, 5_000,
  ]);
  expect(retryPause(1, () => 1)).toBe(100);
});
