import { afterEach, expect, test } from '@jest/globals';
import { readOneOrder } from '@ordershard/order-rows';
import { holdNumber, releaseNumber } from '@ordershard/rebalance';
import {
  closeEpochs,
  loadMap,
  lowestNumberAt,
  nextMap,
  openEpoch,
  publishMap,
  withShardSessions,
} from '@ordershard/shard-router';
import { dayAgo, DELIVERED, type RetentionScene, startRetentionScene } from './fixtures/retention-scene.ts';

let scene: RetentionScene;

afterEach(() => scene.end());

/** Opens an epoch, from tomorrow on, in which every bucket is on the other one of two shards. */
async function swapOwners(): Promise<void> {
  const { cluster } = scene;
  const map = await loadMap(cluster.shards, cluster.clusterId, cluster.onShard);
  const owners = map.epochs[0]!.owners.map((owner) => 1 - owner);
  const from = lowestNumberAt(Date.parse(`${dayAgo(-1)}T00:00:00Z`)).toString();
  const next = nextMap({ ...map, epochs: [...map.epochs, { from, owners }] }, map);
  await publishMap(next, cluster.shards, cluster.onShard);
}

async function fences(): Promise<number> {
  const counts = await withShardSessions(scene.shards, (session) =>
    session.query<{ n: string }>('SELECT CAST(COUNT(*) AS CHAR) AS n FROM bucket_fences'),
  );
  return counts.flat().reduce((sum, { n }) => sum + Number(n), 0);
}

test('carried orders go to the owner of their bucket in the current epoch, with their holds, and end there', async () => {
  scene = await startRetentionScene('epochs', { shardCount: 2, days: [32] });
  const { router } = scene;
  const [held, open, unpublished] = [
    await scene.place(32, DELIVERED),
    await scene.place(32, ['pay']),
    await scene.place(32, ['pay']),
  ];
  await holdNumber(scene.cluster, held, { reason: 'court', by: 'ann' });
  const before = await fences();
  await swapOwners();
  const home = new Map([held, open, unpublished].map((number) => [number, router.shardOf(number)]));
  const away = (number: bigint) => 1 - home.get(number)!;
  // Its next event is not published yet when it is to go, so it stays where that is until then.
  const reports = await scene.run({
    tell: async ({ step, shard }) => {
      if (step === 'dropped' && shard === home.get(unpublished)) await scene.command(unpublished, 'accept');
    },
  });
  expect(reports.map(({ kept, error }) => [kept, error])).toEqual([
    [[], undefined],
    [[], undefined],
  ]);
  for (const number of [held, open])
    expect(await scene.find(number)).toMatchObject([{ where: 'carried', shard: away(number) }]);
  expect(await scene.find(unpublished)).toMatchObject([
    { where: 'carried', shard: home.get(unpublished), version: 3 },
  ]);

  // By number, wherever it is: the old owner says who has it.
  await scene.command(open, 'accept', 'cook', 'ready', 'dispatch', 'pickup', 'deliver');
  expect(await readOneOrder(router, open)).toMatchObject({ expired: false, snapshot: { version: 8 } });
  await scene.settle();
  await releaseNumber(scene.cluster, held, { by: 'ann' });
  await scene.run();
  expect(await scene.find(unpublished)).toMatchObject([{ where: 'carried', shard: away(unpublished) }]);
  await scene.command(unpublished, 'cancel', 'refund');
  await scene.settle();
  await scene.run();
  await scene.run();
  for (const number of [held, open, unpublished]) {
    expect(await scene.find(number)).toMatchObject([{ where: 'archive' }]);
    expect(await readOneOrder(router, number)).toMatchObject({ expired: true, snapshot: undefined });
  }
  expect(await fences()).toBe(before);
});

test('an epoch is closed while carried orders of it live with the owner of their bucket in the next one', async () => {
  scene = await startRetentionScene('closing', { shardCount: 2, days: [32] });
  const { cluster, router } = scene;
  const numbers = [await scene.place(32, ['pay']), await scene.place(32, ['pay'])];
  const { owners } = (await loadMap(cluster.shards, cluster.clusterId, cluster.onShard)).epochs[0]!;
  const swapped = owners.map((owner) => 1 - owner);
  const fromMs = Date.now() + 4_000;
  await openEpoch(cluster, {
    fromMs,
    owners: swapped,
    keyOwners: swapped,
    by: 'test',
    tables: ['orders'],
    limits: { leadMs: 1_000, decidedBeforeMs: 200, prepareMs: 60_000 },
  });
  const from = lowestNumberAt(fromMs);
  while (router.drawNumber() < from) await new Promise((resolve) => setTimeout(resolve, 50));
  const before = new Map(numbers.map((number) => [number, router.shardOf(number)]));
  await scene.run();
  const home = new Map(numbers.map((number) => [number, 1 - before.get(number)!]));
  for (const number of numbers)
    expect(await scene.find(number)).toMatchObject([{ where: 'carried', shard: home.get(number) }]);
  // What lies between is dropped day by day; here it is empty from the beginning.
  await withShardSessions(scene.shards, (session) =>
    session.execute(
      `UPDATE bucket_fences SET writable_from = ?, readable_from = ?
        WHERE state <> 'carried' AND range_to > range_from + 1 AND readable_from < ? AND range_from < ?`,
      [from, from, from, from],
    ),
  );
  const longAgo = -24 * 3_600_000;
  await closeEpochs(cluster, { from, keyLifetimeMs: longAgo, by: 'test' });
  await router.refreshMap();
  for (const number of numbers) {
    expect(router.shardOf(number)).toBe(home.get(number));
    await scene.command(number, 'accept');
    expect(await readOneOrder(router, number)).toMatchObject({ expired: false, snapshot: { version: 3 } });
  }
  await scene.settle();
  await scene.command(numbers[0]!, 'cook', 'ready', 'dispatch', 'pickup', 'deliver');
  await scene.settle();
  await scene.run();
  expect(await scene.find(numbers[0]!)).toMatchObject([{ where: 'archive' }]);
  expect(await scene.find(numbers[1]!)).toMatchObject([{ where: 'carried', version: 3 }]);
});
