import { expect, test } from '@jest/globals';
import { judgeHealth } from './health.ts';

type Status = Parameters<typeof judgeHealth>[0][number];

const shard = (id: number, change: Partial<Status> = {}): Status => ({
  shard: id,
  state: 'up',
  published: 0,
  failing: [],
  stalled: [],
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
  [[shard(0, { failing: ['no leader'] }), shard(1)], undefined],
  [[shard(0, { state: 'refused' }), shard(1)], undefined],
  [[], 'Kafka does not answer'],
])('not ready: %j %s', (shards, waitingFor) => {
  const { ok, detail } = judgeHealth(shards, waitingFor);
  expect({ ok, status: detail.status }).toEqual({ ok: false, status: 'degraded' });
  expect(detail.problems).toHaveLength(1);
});

const gap = { table: 'outbox_orders_2', settledId: '9', gaps: 1, oldestGapMs: 65_400 };

test('a table that is behind and does not move makes it not ready, with the cause', () => {
  const stalled = [{ table: 'outbox_orders_2', forMs: 31_900, cause: 'more than 1,000 orders are refused' }];
  const { ok, detail } = judgeHealth([shard(0), shard(1, { stalled })], undefined);
  expect(ok).toBe(false);
  expect(detail.problems).toEqual([
    'shard 1, outbox_orders_2: has not moved for 31 s: more than 1,000 orders are refused',
  ]);
});

test('a table whose database has forgotten what was published makes it not ready, with what is missing', () => {
  const forgotten = [{ table: 'outbox_orders_2', published: '120', known: '97' }];
  const { ok, detail } = judgeHealth([shard(0), shard(1, { forgotten })], undefined);
  expect(ok).toBe(false);
  expect(detail.problems).toEqual([
    expect.stringMatching(
      /^shard 1, outbox_orders_2: the database knows of ids up to 97, and 120 was published/,
    ),
  ]);
});

test('a shard that is down is told of once', () => {
  const stalled = [{ table: 'outbox_orders_2', forMs: 31_900, cause: undefined }];
  const { ok, detail } = judgeHealth([shard(0), shard(1, { state: 'down', stalled })], undefined);
  expect([ok, detail.problems]).toEqual([true, ['shard 1 is down']]);
});

test('a transaction that holds ids open is named, and so is a privilege that is missing; both are no stand-still', () => {
  const holder = 'connection 7 of app@10.0.0.9:41 in shop, open for 66 s';
  const { ok, detail } = judgeHealth(
    [shard(0, { longGaps: { tables: [gap], holder } }), shard(1, { blind: true })],
    undefined,
  );
  expect([ok, detail.status]).toEqual([true, 'degraded']);
  expect(detail.problems).toEqual([
    'shard 1: the user has not the PROCESS privilege, so ids that were rolled back stay open for longer',
    'shard 0: ids of outbox_orders_2 are open for 65 s: a transaction that has taken them has not ended; the oldest that writes is connection 7 of app@10.0.0.9:41 in shop, open for 66 s',
  ]);
});
