import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanUp } from './clean-up.ts';
import { verifyMoves } from './verify-moves.ts';
import { moveBuckets } from './move-buckets.ts';
import type { BucketMove } from './move-plan.ts';
import { OPTIONS, RideCluster, whileWritten } from './rides.fixture.ts';

let rides: RideCluster;

beforeAll(async () => {
  rides = await RideCluster.start();
});

afterAll(async () => rides.end());

const numbers = (bucket: number, from: number): BucketMove => ({
  kind: 'numbers',
  bucket,
  from,
  to: 1 - from,
});

test('a bucket of another application moves while it is written; a move back and a clean-up follow', async () => {
  const known = await rides.takeRides(0, 120);
  const report = await whileWritten(rides, 0, known, async () =>
    moveBuckets(rides.cluster, await rides.plan(numbers(0, 0)), OPTIONS),
  );
  expect(report.switched).toEqual([{ ...numbers(0, 0), cells: ['0'] }]);
  expect(report.pausesMs).toHaveLength(1);
  expect(report.mapVersion).toBe(2);
  expect(await rides.ownersOf('numbers', 0)).toEqual([1]);
  expect(await rides.lost()).toEqual([]);
  expect(await rides.rowsOn(1, 0)).toBe(rides.acknowledged.size * 3);
  expect(await verifyMoves(rides.cluster)).toEqual([]);

  // Back, over what was left on the source.
  await rides.changeStop(known[0]!);
  await moveBuckets(rides.cluster, await rides.plan(numbers(0, 1)), OPTIONS);
  expect(await rides.ownersOf('numbers', 0)).toEqual([0]);
  expect(await rides.lost()).toEqual([]);
  expect(await rides.rowsOn(0, 0)).toBe(rides.acknowledged.size * 3);

  expect(await cleanUp(rides.cluster, { ...OPTIONS, graceMs: 3_600_000 })).toBe(0);
  expect(await cleanUp(rides.cluster, { ...OPTIONS, graceMs: 0 })).toBe(rides.acknowledged.size * 3);
  expect(await rides.rowsOn(1, 0)).toBe(0);
  expect(await rides.lost()).toEqual([]);
});
