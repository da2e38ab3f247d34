import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  ArchivedOrders,
  changeOrder,
  findOrder,
  MongoOrderViews,
  STEPS,
  TABLES,
} from '@ordershard/order-service';
import { openCluster, runRetention } from '@ordershard/rebalance';
import { makeArchive } from '@ordershard/rebalance/archive';
import { archiveSource } from '@ordershard/read-model';
import { shardsFromUrls } from '@ordershard/shard-router';
import { testNamespace } from '@ordershard/stack';
import { READ_MODEL, ReadModelScene, RELAY, until } from '../rebuild/scene.ts';

let scene: ReadModelScene;
let folder: string;

beforeEach(async () => {
  scene = await ReadModelScene.create(await testNamespace('retained'));
  folder = await mkdtemp(join(tmpdir(), 'ordershard-test-archive-'));
});

afterEach(async () => {
  await scene.end();
  await rm(folder, { recursive: true });
});

const CALLER = { role: 'service', subject: 'test' } as const;

/** So that today is past its retention. */
const NOTHING_STAYS = { rows: -1, outbox: 7 };

test('views of days that are gone are served, those of carried orders follow them, and verify is clean', async () => {
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
  const numbers = await scene.place(40);
  const [final, open] = [numbers.slice(0, 30), numbers.slice(30)];
  const change = (number: bigint, type: (typeof STEPS)[number]) =>
    changeOrder(
      { router: scene.router, source: '/test', now: () => new Date() },
      number,
      { type, by: 'service' },
      { caller: CALLER },
    );
  for (const type of STEPS) await Promise.all(final.map((number) => change(number, type)));
  await Promise.all(open.map((number) => change(number, 'pay')));
  const at = (version: number) => scene.views().countDocuments({ version });
  await until('the views are there', async () => (await at(8)) === 30 && (await at(2)) === 10);

  const shards = shardsFromUrls(scene.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  const cluster = openCluster({
    clusterId: scene.env['ORDERSHARD_CLUSTER']!,
    shards,
    application: { TABLES },
  });
  const store = await makeArchive(folder, cluster, 'test');
  try {
    // The relay tells the shards that all is published a little later than the views have it.
    await until('the days are gone', async () => {
      const reports = await runRetention(cluster, { archive: store, retention: NOTHING_STAYS });
      return reports.every(({ kept, error }) => kept.length === 0 && error === undefined);
    });
  } finally {
    await cluster.close();
  }
  const left = await Promise.all(
    shards.map(({ id }) =>
      scene.router.onShard(id, (session) => session.query('SELECT number FROM orders_carried')),
    ),
  );
  expect(left.flat()).toHaveLength(open.length);
  expect((await scene.readModel(['verify', '--json'])).json).toMatchObject({
    changed: 0,
    missing: 0,
    extra: 0,
    stale: 0,
    unsettled: 0,
    expired: final.length,
  });

  await Promise.all(open.map((number) => change(number, 'accept')));
  await until('the views follow', async () => (await at(3)) === open.length);
  expect((await scene.readModel(['verify', '--json'])).json).toMatchObject({ stale: 0, expired: 30 });

  const views = new MongoOrderViews(scene.env['ORDERSHARD_MONGODB_URL']!);
  const archive = new ArchivedOrders(store);
  try {
    const parts = { views, router: scene.router, archive };
    const served = await findOrder(parts, CALLER, final[0]!);
    expect(served).toMatchObject({ version: 8, status: 'delivered' });
    expect(served.archivedAt).toBeUndefined();
    // A rebuild from nothing but the shards and the archive has them all.
    const source = archiveSource(store);
    const read = await source.read(-1n, 2n ** 63n - 1n, 1_000);
    expect(read.snapshots.map(({ number }) => BigInt(number))).toEqual(
      final.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    expect(JSON.parse(JSON.stringify(read.snapshots[0]))).toMatchObject({ version: 8, status: 'delivered' });
    await scene.views().deleteOne({ _id: final[0]! });
    const archived = await findOrder(parts, CALLER, final[0]!);
    const { archivedAt, ...order } = archived;
    expect(archivedAt).toMatch(/^\d{4}-/);
    expect(JSON.parse(JSON.stringify(order))).toEqual(JSON.parse(JSON.stringify(served)));
    await expect(
      findOrder(parts, { role: 'member', subject: 'someone else' }, final[0]!),
    ).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    await expect(
      changeOrder(
        { router: scene.router, source: '/test', now: () => new Date(), archive },
        final[0]!,
        { type: 'refund', by: 'service', reason: 'late' },
        { caller: CALLER },
      ),
    ).rejects.toMatchObject({ code: 'ORDER_ARCHIVED', message: expect.stringMatching(/retention restore/) });
  } finally {
    await views.close();
    await archive.close();
  }
}, 240_000);
