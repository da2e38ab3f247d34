import { expect, test } from '@jest/globals';
import { MemoryRouter } from '@ordershard/shard-router/testing';
import { judgeReadiness, type Parts } from './judge-readiness.ts';
import { KeyShares } from './key-shares.ts';
import { HealthWindow, type RequestHealth } from './request-health.ts';

const NONE: RequestHealth = { done: 0, failed: 0, causes: {} };
const reads = (health: RequestHealth) => ({ health: { orders: NONE, reads: health } });
const orders = (health: RequestHealth) => ({ health: { orders: health, reads: NONE } });
const failures = (cause: string, failed: number, done: number) => ({
  done,
  failed,
  causes: { [cause]: failed },
});

const PARTS: Parts = {
  shards: [0, 1],
  live: new Set([0, 1]),
  missing: [],
  mapProblem: undefined,
  keysUnavailable: 0,
  tokenKeys: { state: 'up' },
  health: { orders: NONE, reads: NONE },
  noNumbers: undefined,
  mongodb: 'up',
  bus: 'up',
  stopping: false,
  tables: [],
  limits: [],
  overload: { limit: 128, underWay: 0, shed: 0 },
};

const tables = (shard: number, days: number, missingDefiners: readonly string[] = []) => ({
  shard,
  partitions: { shard, days, until: '2026-03-05', tables: ['orders'] },
  missingDefiners,
});

test.each<[Partial<Parts>, boolean, readonly string[]]>([
  [{}, true, []],
  [{ bus: undefined }, true, []],
  [{ live: new Set([0]) }, true, ['shard 1']],
  [{ live: new Set() }, false, ['shard 0', 'shard 1']],
  [{ noNumbers: 'the clock here is wrong' }, false, ['order numbers']],
  [{ mongodb: 'down' }, true, ['order views']],
  [{ bus: 'down', mongodb: 'down' }, true, ['order views', 'event bus']],
  [{ stopping: true }, false, []],
  [{ missing: [2] }, true, ['shard 2']],
  [{ missing: [2], mapProblem: 'map 4 names shard 2' }, true, ['shard 2', 'shard map']],
  [{ tokenKeys: { state: 'stale', problem: 'the issuer answered 500' } }, true, ['token keys']],
  [{ tokenKeys: { state: 'down' } }, false, ['token keys']],
  [orders(failures('this instance', 25, 65)), true, ['orders']],
  [reads(failures('this instance', 20, 40)), true, ['reads']],
  [orders(failures('unavailable', 2, 0)), true, []],
  [orders(failures('unavailable', 4, 96)), true, []],
  [orders(failures('internal', 10, 0)), false, ['orders']],
  [orders(failures('internal', 1_000, 1)), true, ['orders']],
  [reads(failures('internal', 1_000, 0)), true, ['reads']],
  // A shard that is down is told by its name, whoever asks for what lives there alone.
  [{ live: new Set([0]), ...orders(failures('shard 1', 500, 0)) }, true, ['shard 1']],
  [orders(failures('shard 1', 500, 0)), false, ['orders']],
  [{ mongodb: 'down', ...reads(failures('order views', 500, 0)) }, true, ['order views']],
  [{ tables: [tables(0, 7), tables(1, 3)] }, true, []],
  [{ tables: [tables(0, 7), tables(1, 2)] }, true, ['partitions of shard 1']],
  [{ tables: [tables(0, 7), tables(1, -1)] }, true, ['partitions of shard 1']],
  [{ tables: [tables(0, -1), tables(1, -1)] }, false, ['partitions of shard 0', 'partitions of shard 1']],
  [
    { tables: [tables(0, 7), tables(1, -1)], live: new Set([1]) },
    false,
    ['shard 0', 'partitions of shard 1'],
  ],
  [{ tables: [tables(0, 7, ['a@%']), tables(1, 7)] }, true, ['guards of shard 0']],
  [
    { tables: [tables(0, 7, ['a@%']), tables(1, 7, ['a@%'])] },
    false,
    ['guards of shard 0', 'guards of shard 1'],
  ],
  [{ tables: [tables(9, -1)] }, true, []],
])('with %j: ready %s, degraded %j', (change, ok, degraded) => {
  expect(judgeReadiness({ ...PARTS, ...change })).toMatchObject({ ok, detail: { degraded } });
});

test('the share of keys on some shards is that of their buckets', () => {
  const shares = new KeyShares(new MemoryRouter({ shards: 4 }));
  expect(shares.on(new Set())).toBe(0);
  expect(shares.on(new Set([1]))).toBe(0.25);
  expect(shares.on(new Set([0, 1, 2, 3]))).toBe(1);
});

test('how requests went is forgotten after half a minute', () => {
  let now = 123_456;
  const window = new HealthWindow(() => now);
  window.done();
  window.failed('shard 1');
  window.failed('shard 1');
  window.failed('internal');
  now += 20_000;
  window.failed('internal');
  expect(window.health).toEqual({ done: 1, failed: 4, causes: { 'shard 1': 2, internal: 2 } });
  now += 10_000;
  expect(window.health).toEqual({ done: 0, failed: 1, causes: { internal: 1 } });
  now += 3_600_000;
  expect(window.health).toEqual(NONE);
  for (let i = 0; i < 100; i += 1) window.failed(`cause ${i}`);
  expect(window.health.failed).toBe(100);
  expect(Object.keys(window.health.causes).length).toBeLessThan(25);
});
