import { expect, test } from '@jest/globals';
import { DEFAULT_PARTS } from '../parts/part-name.ts';
import { partsOfRun } from './parts-of-run.ts';

test('a run of tests of the router alone starts MySQL alone, and any other run starts all parts', () => {
  expect(partsOfRun(['packages/shard-router'])).toEqual(['mysql']);
  expect(partsOfRun(['packages/shard-router/src/pools', 'packages/order-rows/src/a.int.test.ts'])).toEqual([
    'mysql',
  ]);
  for (const patterns of [[], ['pools'], ['packages/shard-router', 'packages/outbox'], ['shard-router']])
    expect(partsOfRun(patterns)).toEqual(DEFAULT_PARTS);
});
