import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import { makePartitionsAhead } from '@ordershard/rebalance';
import { connectShardRouter, withShardSessions } from '@ordershard/shard-router';
import { startTestApi, type Send, type TestApi } from '../fixtures/test-api.ts';
import { orderOf, putTestShop } from '../fixtures/test-shop.ts';
import { until } from '../fixtures/until.ts';
import { judgeReadiness } from '../readiness/judge-readiness.ts';
import { HealthWindow } from '../readiness/request-health.ts';
import { TableWatch } from '../readiness/table-watch.ts';
import { TABLES } from '../registry.ts';

/** The shard whose partitions were not made. */
const LATE = 1;

let api: TestApi;
let member: Send;

beforeAll(async () => {
  api = await startTestApi('partitions');
  member = api.as('member', 'm-1');
  await putTestShop(api.as('operator', 'op'));
});

afterAll(() => api.stop());

const onLate = (sql: string) =>
  withShardSessions(
    api.shards.filter(({ id }) => id === LATE),
    (session) => session.execute(sql),
  );

const dayOf = (daysAhead: number) => new Date(Date.now() + daysAhead * 86_400_000).toISOString().slice(0, 10);

/** Drops the partitions of a table for days ahead of today. */
const drop = (table: string, ...daysAhead: readonly number[]) =>
  onLate(
    `ALTER TABLE ${table} DROP PARTITION ${daysAhead.map((days) => `p${dayOf(days).replaceAll('-', '')}`).join(', ')}`,
  );

test('partitions that will be missing are told days before; one that is missing is a 503 that names it, and the other shards take what they may', async () => {
  const router = await connectShardRouter({ clusterId: api.env['ORDERSHARD_CLUSTER']!, shards: api.shards });
  const watch = new TableWatch(router, createLogger('test', 'silent'), 50);
  const readiness = () =>
    judgeReadiness({
      shards: router.allShards(),
      live: new Set(router.liveShards()),
      keysUnavailable: 0,
      missing: [],
      mapProblem: undefined,
      noNumbers: undefined,
      tokenKeys: { state: 'up' },
      health: { orders: new HealthWindow().health, reads: new HealthWindow().health },
      mongodb: 'up',
      bus: undefined,
      stopping: false,
      tables: watch.states,
      limits: [],
      overload: { limit: 1, underWay: 0, shed: 0 },
    });
  const isDegraded = () => Promise.resolve(readiness().detail.degraded.length > 0);
  try {
    await until(async () => (await member('GET', '/readyz')).text.includes('"daysAhead":7'));
    expect((await member('GET', '/metrics')).text).toContain(
      `ordershard_partition_days_ahead{shard="${LATE}"} 7`,
    );
    expect(readiness().detail.degraded).toEqual([]);

    await drop('order_items', 3, 4, 5, 6, 7);
    await until(isDegraded);
    expect(readiness()).toMatchObject({
      ok: true,
      detail: {
        degraded: [`partitions of shard ${LATE}`],
        tables: expect.arrayContaining([
          { shard: LATE, daysAhead: 2, partitionsUntil: dayOf(2) },
          expect.objectContaining({ daysAhead: 7 }),
        ]),
      },
    });

    await drop('orders', 0, 1, 2, 3, 4, 5, 6, 7);
    const [free, keyed] = await Promise.all(
      [false, true].map((hasKey) =>
        Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            member('POST', '/v1/orders', orderOf(), hasKey ? { 'Idempotency-Key': `k-${n}` } : {}),
          ),
        ),
      ),
    );
    expect(new Set(free!.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(keyed!.map(({ status }) => status))).toEqual(new Set([201, 503]));
    const refused = keyed!.find(({ status }) => status === 503)!;
    expect(refused.body).toMatchObject({
      part: `partition for ${dayOf(0)} of shard ${LATE}`,
      detail: `The partition for ${dayOf(0)} of shard ${LATE} is missing. Nothing was done.`,
    });
    expect(refused.headers.get('Retry-After')).toBe('1');

    await withShardSessions(api.shards, (session) => makePartitionsAhead(session, TABLES));
    const again = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        member('POST', '/v1/orders', orderOf(), { 'Idempotency-Key': `k-${n}` }),
      ),
    );
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([201]));
    await until(async () => !(await isDegraded()));
  } finally {
    await watch.stop();
    await router.close();
  }
});
