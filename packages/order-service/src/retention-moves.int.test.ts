import { afterEach, expect, test } from '@jest/globals';
import {
  cleanUp,
  holdNumber,
  moveBuckets,
  type MoveOptions,
  type MoveStep,
  releaseNumber,
  restoreNumber,
  verifyMoves,
  planFor,
} from '@ordershard/rebalance';
import { loadMap } from '@ordershard/shard-router';
import { dayAgo, DELIVERED, type RetentionScene, startRetentionScene } from './fixtures/retention-scene.ts';

let scene: RetentionScene;

afterEach(() => scene.end());

const WHY = { reason: 'a complaint', by: 'ann' };

/** Places an order on shard 0 whose day is over, in a bucket that none of `besides` is in. */
async function placeOnFirst(commands: readonly string[], besides: readonly bigint[] = []): Promise<bigint> {
  const { router } = scene;
  for (;;) {
    const number = await scene.place(32, commands);
    const taken = besides.some((other) => router.bucketOf(other) === router.bucketOf(number));
    if (router.shardOf(number) === 0 && !taken) return number;
  }
}

/** Moves the buckets of some numbers from a shard to the other one. */
async function move(from: number, numbers: readonly bigint[], options: Partial<MoveOptions> = {}) {
  const { cluster, router } = scene;
  const map = await loadMap(cluster.shards, cluster.clusterId, cluster.onShard);
  const buckets = new Set(numbers.map((number) => router.bucketOf(number)));
  const moves = [...buckets].map((bucket) => ({ kind: 'numbers' as const, bucket, from, to: 1 - from }));
  return moveBuckets(cluster, planFor(map, moves), { by: 'ann', throttle: 'off', ...options });
}

test('buckets move between days that leave: what the new owner has let go is cleaned up on the old one', async () => {
  scene = await startRetentionScene('moved', { shardCount: 2, days: [32] });
  const { cluster, archive } = scene;
  const [final, open, held] = [
    await placeOnFirst(DELIVERED),
    await placeOnFirst(['pay']),
    await placeOnFirst(DELIVERED),
  ];
  const staying = await placeOnFirst(DELIVERED, [final, open, held]);
  await holdNumber(cluster, held, WHY);
  await move(0, [final, open, held]);
  await releaseNumber(cluster, held, WHY);

  // There the day goes, and it is refused to bring rows of it again.
  expect(await scene.run({ shards: [1] })).toMatchObject([{ dropped: [dayAgo(32)], kept: [] }]);
  await expect(move(0, [staying])).rejects.toMatchObject({
    code: 'REBALANCE_DAY_LEAVING',
    message: `day ${dayAgo(32)} has gone from shard 1, and not from shard 0: run retention there first`,
  });

  expect(await verifyMoves(cluster)).toEqual([]);
  expect(await cleanUp(cluster, { by: 'ann', throttle: 'off', graceMs: 0 })).toBeGreaterThan(0);
  expect(await scene.run()).toMatchObject([
    { dropped: [dayAgo(32)], kept: [] },
    { dropped: [], kept: [] },
  ]);
  for (const number of [final, held])
    expect(await scene.find(number)).toMatchObject([{ where: 'archive', shard: 1, version: 8 }]);
  expect(await scene.find(open)).toMatchObject([{ where: 'carried', shard: 1 }]);
  expect(await scene.find(staying)).toMatchObject([{ where: 'archive', shard: 0 }]);

  // A number comes back from the archive before or after its bucket moves, and not on the way.
  const steps: MoveStep[] = [];
  const report = await move(1, [final], {
    afterStep: async ({ step }) => {
      steps.push(step);
      if (step === 'planned' || step === 'frozen')
        await expect(restoreNumber(cluster, archive, final, WHY)).rejects.toMatchObject({
          code: 'REBALANCE_HOLD_REFUSED',
        });
    },
  });
  expect(report.switched).toHaveLength(1);
  expect(steps).toEqual(expect.arrayContaining(['planned', 'frozen', 'moved']));
  expect(await restoreNumber(cluster, archive, final, WHY)).toBe(0);
  expect(await scene.find(final)).toMatchObject([{ where: 'carried', shard: 0, version: 8 }]);
});
