import { expect, test } from '@jest/globals';
import { countByCode, figuresOf } from './window.ts';

const call = (startedAt: number, endedAt: number, error?: unknown) => ({ startedAt, endedAt, error });

test('only what ended in the window counts, and only what was acknowledged is throughput', () => {
  const failed = call(1_100, 1_200, new Error('x'));
  const {
    perSecond,
    p99Ms,
    failed: failures,
  } = figuresOf(
    [
      [call(0, 999), call(990, 1_000)],
      [failed, call(1_000, 2_999), call(2_990, 3_000)],
    ],
    { from: 1_000, to: 3_000 },
  );
  expect(perSecond).toBe(1);
  expect(p99Ms).toBe(10);
  expect(failures).toEqual([failed]);
});

test('errors are counted by code; those of no catalogue are untyped', () => {
  const coded = { code: 'A', retryable: true };
  expect(
    countByCode([coded, coded, { code: 'ECONNRESET' }, 'text'].map((error) => call(0, 1, error))),
  ).toEqual({
    A: 2,
    untyped: 2,
  });
});
