import { afterEach, expect, test } from '@jest/globals';
import { holdNumber, makePartitionsAhead, releaseNumber, restoreNumber } from '@ordershard/rebalance';
import { readOrders, scanOrders } from '@ordershard/order-rows';
import { withShardSessions } from '@ordershard/shard-router';
import {
  dayAgo,
  DELIVERED,
  partitionOf,
  type RetentionScene,
  startRetentionScene,
  versionOf,
} from './fixtures/retention-scene.ts';
import { TABLES } from './registry.ts';

let scene: RetentionScene;

afterEach(() => scene.end());

const WHY = { reason: 'a complaint', by: 'ann' };

async function partitions(table: string): Promise<string[]> {
  const rows = await scene.onShard(0, (session) =>
    session.query<{ name: string }>(
      `SELECT PARTITION_NAME AS name FROM information_schema.PARTITIONS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY PARTITION_ORDINAL_POSITION`,
      [table],
    ),
  );
  return rows.map((row) => row.name);
}

test('partitions are made a week ahead, once', async () => {
  scene = await startRetentionScene('ahead', { days: [] });
  const [made] = await withShardSessions(scene.shards, (session) => makePartitionsAhead(session, TABLES));
  expect(made).toEqual({});
  expect(await partitions('orders')).toEqual([
    'p_floor',
    ...[1, 0, -1, -2, -3, -4, -5, -6, -7].map(partitionOf),
  ]);
});

test('days past their time go into the archive; what is not final or is held outlives them', async () => {
  scene = await startRetentionScene('days', { shardCount: 2, days: [33, 32, 30] });
  const { router } = scene;
  const final = [
    await scene.place(33, DELIVERED),
    await scene.place(33, ['cancel']),
    await scene.place(33, ['pay', 'cancel', 'refund']),
    await scene.place(32, DELIVERED),
  ];
  const refunding = await scene.place(33, ['pay', 'cancel']);
  const cooking = await scene.place(32, ['pay', 'accept', 'cook']);
  const held = await scene.place(32, DELIVERED);
  const young = await scene.place(30, DELIVERED);
  await holdNumber(scene.cluster, held, WHY);
  const before = await versionOf(router, final[0]!);

  const reports = await scene.run();
  expect(reports.map(({ dropped, kept, error }) => ({ dropped, kept, error }))).toEqual(
    [0, 1].map(() => ({ dropped: [dayAgo(33), dayAgo(32)], kept: [], error: undefined })),
  );
  for (const { table, partitionedBy } of TABLES) {
    if (partitionedBy === 'number')
      expect((await partitions(table)).slice(0, 2)).toEqual(['p_floor', partitionOf(30)]);
  }
  for (const number of final) expect(await scene.find(number)).toMatchObject([{ where: 'archive' }]);
  expect(await scene.find(final[0]!)).toMatchObject([{ version: before }]);
  for (const number of [refunding, cooking, held])
    expect(await scene.find(number)).toMatchObject([{ where: 'carried', shard: router.shardOf(number) }]);
  expect(await scene.find(young)).toMatchObject([{ where: 'shard' }]);
  expect((await scene.run()).every(({ dropped, kept }) => dropped.length + kept.length === 0)).toBe(true);

  // What outlives its day is read and written by its number, by every way there is.
  await scene.command(cooking, 'ready', 'dispatch');
  await scene.command(refunding, 'refund');
  await scene.settle();
  const answers = await readOrders(router, [cooking, final[0]!]);
  expect(answers).toContainEqual(
    expect.objectContaining({
      number: cooking,
      expired: false,
      snapshot: expect.objectContaining({ status: 'dispatched' }),
    }),
  );
  expect(answers).toContainEqual({ number: final[0], snapshot: undefined, expired: true });
  const scanned = await scanOrders(router, { after: -1n, limit: 100 });
  expect(scanned.snapshots.map(({ number }) => BigInt(number))).toEqual(
    [refunding, cooking, held, young].toSorted((a, b) => (a < b ? -1 : 1)),
  );
  await expect(scene.command(final[0]!, 'refund')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });

  // Final by now, and not held: it follows. The fence of its own is gone with it.
  const ended = await scene.run();
  expect(ended.reduce((sum, { ended: some }) => sum + some, 0)).toBe(1);
  expect(await scene.find(refunding)).toMatchObject([{ where: 'archive', version: 4 }]);
  await releaseNumber(scene.cluster, held, WHY);
  await scene.run();
  expect(await scene.find(held)).toMatchObject([{ where: 'archive' }]);
  const fences = await Promise.all(
    scene.shards.map(({ id }) =>
      scene.onShard(id, (session) =>
        session.query<{ n: string }>('SELECT CAST(COUNT(*) AS CHAR) AS n FROM bucket_fences'),
      ),
    ),
  );
  expect(fences.flat().reduce((sum, { n }) => sum + Number(n), 0)).toBe(2 * router.bucketCount + 2);
});

test('an archived order comes back on request, as one that has outlived its day, and can be refunded', async () => {
  scene = await startRetentionScene('restore', { days: [35] });
  const number = await scene.place(35, DELIVERED);
  const other = await scene.place(35, DELIVERED);
  await expect(restoreNumber(scene.cluster, scene.archive, number, WHY)).rejects.toMatchObject({
    code: 'REBALANCE_HOLD_REFUSED',
  });
  // Two at once, as two instances of the job are: of each shard one has the lease, the other waits and finds nothing to do.
  const both = (await Promise.all([scene.run(), scene.run()])).flat();
  expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(both.flatMap(({ dropped }) => dropped)).toEqual([dayAgo(35)]);
  await expect(holdNumber(scene.cluster, number, WHY)).rejects.toThrow(/retention restore/);
  await restoreNumber(scene.cluster, scene.archive, number, WHY);
  await restoreNumber(scene.cluster, scene.archive, number, WHY);
  expect(await scene.find(number)).toMatchObject([{ where: 'carried', version: 8 }]);
  expect(await scene.find(other)).toMatchObject([{ where: 'archive' }]);
  await scene.command(number, 'refund');
  await scene.settle();
  await scene.run();
  expect(await scene.find(number)).toMatchObject([{ where: 'carried', version: 9 }]);
  await releaseNumber(scene.cluster, number, WHY);
  await scene.run();
  expect(await scene.find(number)).toMatchObject([{ where: 'archive', version: 9 }]);
  await expect(releaseNumber(scene.cluster, number, WHY)).rejects.toThrow(/not held/);
  await expect(restoreNumber(scene.cluster, scene.archive, number + 1n, WHY)).rejects.toThrow(
    /has no number/,
  );
});

test('ended at any step and run again, nothing is lost and nothing is twice', async () => {
  const steps: string[] = [];
  scene = await startRetentionScene('killed', { days: [33] });
  const final = await scene.place(33, DELIVERED);
  const open = await scene.place(33, ['pay']);
  let kills = 0;
  for (;;) {
    const seen = steps.length;
    let count = 0;
    const died = await scene
      .run({
        tell: ({ step, detail }) => {
          count += 1;
          const name = `${step} ${detail ?? ''}`;
          if (steps.includes(name) || step === 'archiving') return;
          steps.push(name);
          throw new Error(`killed after ${name}`);
        },
      })
      .then(
        () => false,
        () => true,
      );
    expect(
      [...(await scene.find(open)), ...(await scene.find(final))].filter(({ where }) => where !== 'archive')
        .length,
    ).toBeLessThanOrEqual(2);
    expect((await scene.find(open)).length).toBe(1);
    expect((await scene.find(final)).length).toBeGreaterThanOrEqual(1);
    if (!died) break;
    kills += 1;
    expect(steps.length + count).toBeGreaterThan(seen);
  }
  expect(kills).toBeGreaterThanOrEqual(8);
  expect(await scene.find(final)).toMatchObject([{ where: 'archive', version: 8 }]);
  expect(await scene.find(open)).toMatchObject([{ where: 'carried', version: 2 }]);
  const left = await scene.onShard(0, (session) =>
    session.query<{ name: string }>(
      "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME REGEXP '_p[0-9]{8}$'",
    ),
  );
  expect(left).toEqual([]);
});
