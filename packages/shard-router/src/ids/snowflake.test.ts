import { expect, test } from '@jest/globals';
import {
  decodeNumber,
  encodeNumber,
  lowestNumberAt,
  NUMBER_EPOCH_MS,
  numbersOfDay,
  SEQUENCES,
  SHARD_IDS,
  WORKER_SLOTS,
  workerRange,
  WORKERS,
} from './snowflake.ts';

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

test('no two slots of any two of the 1,024 shards share a number of a millisecond', () => {
  const owners = new Int32Array(WORKERS * SEQUENCES).fill(-1);
  for (let shard = 0; shard < SHARD_IDS; shard += 1) {
    for (let slot = 0; slot < WORKER_SLOTS; slot += 1) {
      const { worker, firstSequence, sequences } = workerRange(shard, slot);
      for (let sequence = firstSequence; sequence < firstSequence + sequences; sequence += 1) {
        const at = worker * SEQUENCES + sequence;
        if (owners[at] !== -1)
          throw new Error(`shards ${owners[at]} and ${shard} share ${worker} ${sequence}`);
        owners[at] = shard;
        if (sequence === firstSequence) encodeNumber({ timeMs: NUMBER_EPOCH_MS, worker, sequence });
      }
    }
  }
});

test('the shards from 0 to 31 have the worker ids that they always had', () => {
  expect([workerRange(0, 0), workerRange(2, 5), workerRange(31, 31)].map(({ worker }) => worker)).toEqual([
    0, 69, 1_023,
  ]);
});

test.each([
  [-1, 0],
  [1_024, 0],
  [0.5, 0],
  [0, 32],
  [0, -1],
])('shard %d, slot %d: there is none', (shard, slot) => {
  expect(() => workerRange(shard, slot)).toThrow(RangeError);
});
