import { expect, test } from '@jest/globals';
import { StallLimit } from './stall-limit.ts';

test('a statement is let wait for four times as long as usual, within bounds, and a slower server is learned', () => {
  const limit = new StallLimit();
  expect(limit.ms).toBe(10);
  for (let i = 0; i < 100; i += 1) limit.learn(8);
  expect(limit.ms).toBeCloseTo(32, 0);
  // As interrupted statements do: they are let wait for as long as the limit says.
  for (let i = 0; i < 100; i += 1) limit.learn(limit.ms);
  expect(limit.ms).toBe(100);
  for (let i = 0; i < 200; i += 1) limit.learn(0.5);
  expect(limit.ms).toBe(10);
});
