import { expect, test } from '@jest/globals';
import { nextPause, retryPause } from './pace.ts';

const cycle = { tookMs: 1, rows: 10, complete: true, gaps: 0, emptyBefore: 0 };

test('a full read is followed at once; while rows come, they gather for four times as long as a cycle takes', () => {
  expect(nextPause({ ...cycle, complete: false })).toBe(0);
  expect([0.1, 1, 4, 1_000].map((tookMs) => nextPause({ ...cycle, tookMs }))).toEqual([4, 4, 16, 30]);
});

test('an empty table is left alone, one with gaps is looked at, less and less often', () => {
  expect(nextPause({ ...cycle, rows: 0 })).toBe(1_000);
  const looks = [0, 1, 2, 10].map((emptyBefore) => nextPause({ ...cycle, rows: 0, gaps: 1, emptyBefore }));
  expect(looks).toEqual([3, 4.5, 6.75, 20]);
});

test('retries wait longer each time, up to 5 s, never less than half', () => {
  expect([0, 1, 2, 10, 1_000].map((failures) => retryPause(failures, () => 0))).toEqual([
    100, 200, 400, 5_000, 5_000,
  ]);
  expect(retryPause(1, () => 1)).toBe(100);
});
