import { expect, test } from '@jest/globals';
import { decodeNumber, encodeNumber, lowestNumberAt, NUMBER_EPOCH_MS, numbersOfDay } from './snowflake.ts';

test('parts come back as they went in, up to the last number', () => {
  const parts = { timeMs: NUMBER_EPOCH_MS + 2 ** 41 - 1, worker: 1023, sequence: 4095 };
  expect(encodeNumber(parts)).toBe(2n ** 63n - 1n);
  expect(decodeNumber(2n ** 63n - 1n)).toEqual(parts);
});

test('numbers follow time before worker and sequence', () => {
  const timeMs = Date.UTC(2026, 5, 1);
  expect(encodeNumber({ timeMs, worker: 1023, sequence: 4095 })).toBeLessThan(
    encodeNumber({ timeMs: timeMs + 1, worker: 0, sequence: 0 }),
  );
});

test.each([
  { timeMs: NUMBER_EPOCH_MS - 1, worker: 0, sequence: 0 },
  { timeMs: NUMBER_EPOCH_MS + 2 ** 41, worker: 0, sequence: 0 },
  { timeMs: NUMBER_EPOCH_MS + 0.5, worker: 0, sequence: 0 },
  { timeMs: NUMBER_EPOCH_MS, worker: 1024, sequence: 0 },
  { timeMs: NUMBER_EPOCH_MS, worker: 0, sequence: 4096 },
])('a part that does not fit is refused: %j', (parts) => {
  expect(() => encodeNumber(parts)).toThrow(RangeError);
});

test('a UTC day is a range of numbers', () => {
  const noon = Date.UTC(2026, 1, 28, 12);
  const { first, next } = numbersOfDay(noon);
  expect(decodeNumber(first)).toEqual({ timeMs: Date.UTC(2026, 1, 28), worker: 0, sequence: 0 });
  expect(decodeNumber(next - 1n)).toEqual({ timeMs: Date.UTC(2026, 2, 1) - 1, worker: 1023, sequence: 4095 });
  expect(lowestNumberAt(0)).toBe(0n);
});
