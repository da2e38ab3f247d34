import { expect, test } from '@jest/globals';
import { MemoryRouter } from '@ordershard/shard-router/testing';
import { judgeReadiness, type Parts } from './judge-readiness.ts';
import { KeyShares } from './key-shares.ts';

const PARTS: Parts = {
  shards: [0, 1],
  live: new Set([0, 1]),
  keysUnavailable: 0,
  mongodb: 'up',
  bus: 'up',
  stopping: false,
  limits: [],
  overload: { limit: 128, underWay: 0, shed: 0 },
};

test.each<[Partial<Parts>, boolean, readonly string[]]>([
  [{}, true, []],
  [{ bus: undefined }, true, []],
  [{ live: new Set([0]) }, true, ['shard 1']],
  [{ live: new Set() }, false, ['shard 0', 'shard 1']],
  [{ mongodb: 'down' }, true, ['order views']],
  [{ bus: 'down', mongodb: 'down' }, true, ['order views', 'event bus']],
  [{ stopping: true }, false, []],
])('with %j: ready %s, degraded %j', (change, ok, degraded) => {
  expect(judgeReadiness({ ...PARTS, ...change })).toMatchObject({ ok, detail: { degraded } });
});

test('the share of keys on some shards is that of their buckets', () => {
  const shares = new KeyShares(new MemoryRouter({ shards: 4 }));
  expect(shares.on(new Set())).toBe(0);
  expect(shares.on(new Set([1]))).toBe(0.25);
  expect(shares.on(new Set([0, 1, 2, 3]))).toBe(1);
});
