import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { ShardUnavailableError } from '../../errors.ts';
import { prometheusObserver } from './index.ts';

async function valuesOf(register: Registry, name: string) {
  const metric = await register.getSingleMetric(name)!.get();
  return metric.values.map(({ labels, value }) => ({ ...labels, value }));
}

test('metrics of each shard', async () => {
  const register = new Registry();
  const observer = prometheusObserver({ register });
  observer.connectionAcquired!(0, 'writer', 3, undefined);
  observer.connectionAcquired!(1, 'reader', 5_000, new ShardUnavailableError(1, 'down'));
  observer.statement!({ shard: 0, role: 'writer', kind: 'read' }).end({ error: undefined });
  observer.transaction!({ shard: 1 }).end({ shard: 1, outcome: 'committed', attempts: 3, error: undefined });
  observer.fenceRejected!(1, 'elsewhere');
  observer.mapReloaded!(7, undefined);
  observer.mapReloaded!(7, new Error('down'));
  observer.breakerChanged!(1, true);
  observer.failedOver!(0);
  observer.numbersDrawn!(2);
  observer.unitsMerged!(1, 40);
  expect(await valuesOf(register, 'ordershard_router_errors_total')).toEqual([
    { shard: 1, code: 'ROUTER_SHARD_UNAVAILABLE', value: 1 },
  ]);
  expect(await valuesOf(register, 'ordershard_router_merged_units')).toContainEqual({
    shard: 1,
    le: 64,
    value: 1,
  });
  expect(await valuesOf(register, 'ordershard_router_transaction_attempts_total')).toEqual([
    { shard: 1, value: 3 },
  ]);
  expect(await valuesOf(register, 'ordershard_router_fence_rejections_total')).toEqual([
    { shard: 1, reason: 'elsewhere', value: 1 },
  ]);
  expect(await valuesOf(register, 'ordershard_router_map_reloads_total')).toEqual([
    { outcome: 'ok', value: 1 },
    { outcome: 'failed', value: 1 },
  ]);
  expect(await valuesOf(register, 'ordershard_router_map_version')).toEqual([{ value: 7 }]);
  expect(await valuesOf(register, 'ordershard_router_breaker_open')).toEqual([{ shard: 1, value: 1 }]);
  expect(await valuesOf(register, 'ordershard_router_numbers_total')).toEqual([{ value: 2 }]);
  const counts = (await valuesOf(register, 'ordershard_router_statement_seconds')).filter(
    (value) => !('le' in value),
  );
  expect(counts).toContainEqual({ shard: 0, role: 'writer', kind: 'read', value: 1 });
});

test('codes stay few, whatever servers say', async () => {
  const register = new Registry();
  const observer = prometheusObserver({ register });
  for (let n = 0; n < 1_000; n += 1) {
    const error = Object.assign(new Error('x'), { code: `ER_${n}` });
    observer.statement!({ shard: 0, role: 'writer', kind: 'write' }).end({ error });
  }
  const errors = await valuesOf(register, 'ordershard_router_errors_total');
  expect(errors.length).toBeLessThanOrEqual(65);
  expect(errors.reduce((sum, { value }) => sum + value, 0)).toBe(1_000);
});
