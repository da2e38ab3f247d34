import { expect, test } from '@jest/globals';
import { figuresOf } from './compare.ts';
import type { Window } from './load.ts';

const window = (perSecond: number, p99: number): Window => ({ perSecond, p50: 1, p99, failed: 0 });

test('each window is compared with the calm ones beside it, and the median of the rounds counts', () => {
  const { rate, p99, calm } = figuresOf([
    { before: window(100, 10), scene: window(90, 12), after: window(80, 14) },
    { before: window(80, 14), scene: window(40, 7), after: window(80, 14) },
    { before: window(200, 20), scene: window(180, 60), after: window(160, 20) },
  ]);
  expect({ rate, p99, calm }).toEqual({
    rate: 1,
    p99: 1,
    calm: { perSecond: 90, p50Ms: 1, p99Ms: 14 },
  });
});
