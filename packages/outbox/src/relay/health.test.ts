import { expect, test } from '@jest/globals';
import { judgeHealth } from './health.ts';

type Status = Parameters<typeof judgeHealth>[0][number];

const shard = (id: number, change: Partial<Status> = {}): Status => ({
  shard: id,
  state: 'up',
  published: 0,
  failing: 0,
  tables: [],
  ...change,
});

test('all well', () => {
  expect(judgeHealth([shard(0), shard(1)], undefined)).toMatchObject({
    ok: true,
    detail: { status: 'ok', problems: [] },
  });
});

test('one shard that is down degrades it, all of them make it not ready', () => {
  const down = { state: 'down', problem: 'refused' } as const;
  expect(judgeHealth([shard(0), shard(1, down)], undefined)).toMatchObject({
    ok: true,
    detail: { status: 'degraded', problems: ['shard 1 is down: refused'] },
  });
  expect(judgeHealth([shard(0, down), shard(1, down)], undefined).ok).toBe(false);
});

test.each([
  [[shard(0, { failing: 1 }), shard(1)], undefined],
  [[shard(0, { state: 'refused' }), shard(1)], undefined],
  [[], 'Kafka does not answer'],
])('not ready: %j %s', (shards, waitingFor) => {
  const { ok, detail } = judgeHealth(shards, waitingFor);
  expect({ ok, status: detail.status }).toEqual({ ok: false, status: 'degraded' });
  expect(detail.problems).toHaveLength(1);
});
