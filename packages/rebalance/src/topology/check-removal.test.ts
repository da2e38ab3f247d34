import { expect, test } from '@jest/globals';
import type { ShardMap } from '@ordershard/shard-router';
import { ownsText } from './check-removal.ts';

/** Shard 2 had a part in the epoch before, and has none in the newest. */
const MAP: ShardMap = {
  version: 3,
  clusterId: 'shop',
  bucketCount: 2,
  epochs: [
    { from: '0', owners: [0, 2], keyOwners: [0, 2] },
    { from: '100', owners: [0, 1] },
  ],
  keyOwners: [0, 1],
  parentHash: '',
  hash: '',
};

test('what is in the way of a shard that leaves comes with what ends it', () => {
  expect(ownsText(MAP, 1, true)).toMatch(/owns 1 buckets of numbers and 1 of keys: `run --empty 1` moves/);
  expect(ownsText(MAP, 2, true)).toMatch(/before the newest epoch.*or `run --empty 2` moves it away now$/);
});

test('a shard whose fences have all gone over is not sent to a move, which would move nothing', () => {
  const text = ownsText(MAP, 2, false);
  expect(text).toMatch(/keys of an epoch before are looked for there: `epoch close` ends that/);
  expect(text).not.toContain('run --empty');
});
