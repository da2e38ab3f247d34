import { expect, test } from '@jest/globals';
import { startOffset } from './start-offset.ts';

const bounds = { earliest: 100n, latest: 5_000n };

test('who joins looks through the last messages for states', () => {
  expect(startOffset(bounds, undefined, 1_000)).toEqual({ from: 4_000n, liveFrom: 5_000n });
  expect(startOffset(bounds, undefined, 1_000_000)).toEqual({ from: 100n, liveFrom: 5_000n });
  expect(startOffset(bounds, undefined, 0)).toEqual({ from: 5_000n, liveFrom: 5_000n });
  expect(startOffset({ earliest: 0n, latest: 0n }, undefined, 1_000)).toEqual({ from: 0n, liveFrom: 0n });
});

test.each([100n, 3_000n, 5_000n])('who was away goes on at %d', (next) => {
  expect(startOffset(bounds, next, 1_000)).toEqual({ from: next, liveFrom: next });
});

test.each([99n, 5_001n])('who was away for too long, or finds another topic, at %d, joins anew', (next) => {
  expect(startOffset(bounds, next, 1_000)).toEqual({ from: 4_000n, liveFrom: 5_000n });
});
