import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrderSnapshot } from '@ordershard/order-events';
import { encodeNumber } from '@ordershard/shard-router';
import { startProcess } from '@ordershard/stack';
import type { Document } from 'mongodb';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { listEntry } from '../projections/list-entry.ts';
import { type OrderView, orderView } from '../projections/order-view.ts';
import { shopDay, shopDayChange } from '../projections/shop-day.ts';
import { canonicalText } from '../verify/canonical.ts';
import { mendDerived } from '../verify/mend-derived.ts';
import { PROJECTOR, ReadModelScene, until } from '../read-model.fixture.ts';

const SHOPS = 3;
const ORDERS = 60;

let scene: ReadModelScene;

beforeEach(async () => {
  scene = await ReadModelScene.create('projections');
});

afterEach(() => scene.end());

/** Orders of two days, each with some versions; a third is cancelled in its last. */
function history(): OrderSnapshot[] {
  return Array.from({ length: ORDERS }, (_, i) => {
    const number = encodeNumber({ timeMs: Date.UTC(2026, 0, 2 + (i % 2), 12), worker: 1, sequence: i });
    const versions = (i % 4) + 1;
    return Array.from({ length: versions }, (__, at) =>
      sampleSnapshot(number, at + 1, {
        shopId: `s-${i % SHOPS}`,
        total: String(1_000 + i),
        ...(at + 1 === versions && i % 3 === 0
          ? { status: 'cancelled', cancellation: { by: 'member', reason: 'late' } }
          : {}),
      }),
    );
  }).flat();
}

/** The last version of each order. */
const ends = (snapshots: readonly OrderSnapshot[]) => [
  ...new Map(snapshots.toSorted((a, b) => a.version - b.version).map((one) => [one.number, one])).values(),
];

const stored = async (collection: string) =>
  (await scene.db.collection(collection).find().sort({ _id: 1 }).toArray()) as unknown as Document[];

describe('several projections', () => {
  test('each ends equal to the orders when events come late, twice and out of order', async () => {
    const projector = await startProcess({
      file: PROJECTOR,
      args: ['project'],
      env: { ...scene.env, ORDERSHARD_PROJECTIONS: 'order_views,order_lists,shop_days' },
    });
    const snapshots = history();
    await scene.publish(snapshots.toReversed());
    await scene.publish(snapshots);
    const last = ends(snapshots).toSorted((a, b) => (BigInt(a.number) < BigInt(b.number) ? -1 : 1));
    const days = Map.groupBy(last, (data) => {
      const { shopId, day } = shopDayChange({ data });
      return `${day}/${shopId}`;
    });
    const summaries = [...days]
      .map(([id, some]) => {
        const [day, shopId] = id.split('/') as [string, string];
        return shopDay(
          { shopId, day },
          0n,
          some.map((data) => orderView({ data })),
        );
      })
      .toSorted((a, b) => (a._id < b._id ? -1 : 1));
    const contents = (documents: readonly object[]) =>
      documents.map((one) => canonicalText({ ...one, version: 0 })).join('\n');
    await until(
      'the summaries know all',
      async () => contents(await stored('shop_days_v1')) === contents(summaries),
    );
    await until('the lists know all', async () => (await stored('order_lists_v1')).length === ORDERS);
    expect(await stored('order_views')).toEqual(last.map((data) => orderView({ data })));
    await until('the lists are as new', async () => {
      const versions = (await stored('order_lists_v1')).map(({ version }) => version as number);
      return versions.join() === last.map(({ version }) => version).join();
    });
    expect(await stored('order_lists_v1')).toEqual(last.map((data) => listEntry({ data })));
    await projector.stop();
  });

  test('summaries wait for order views that are away, and for none that failed there', async () => {
    const start = (projections: string) =>
      startProcess({
        file: PROJECTOR,
        args: ['project'],
        env: { ...scene.env, ORDERSHARD_PROJECTIONS: projections, ORDERSHARD_RETRY_DELAYS: '0.1,0.5' },
      });
    await scene.db.createCollection('order_views', { validator: { note: { $ne: 'poison' } } });
    const days = await start('shop_days');
    const snapshots = history().filter(({ version }) => version === 1);
    const poison = sampleSnapshot(encodeNumber({ timeMs: Date.UTC(2026, 0, 9), worker: 1, sequence: 0 }), 1, {
      note: 'poison',
    });
    await scene.publish([...snapshots, poison]);
    const retried = async () => {
      const text = await (await fetch(`http://127.0.0.1:${days.port}/metrics`)).text();
      return Number(/retries_total\{stage="2"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    await until('they have gone round', async () => (await retried()) >= 4 * snapshots.length);
    expect(await scene.deadLetterCount()).toBe(0);
    const views = await start('order_views');
    await until('all summaries are there', async () => (await stored('shop_days_v1')).length === 2 * SHOPS);
    // Of the one that is refused: a letter of the order views, and one of the summaries.
    await until('what failed has its letters', async () => (await scene.deadLetterCount()) === 2);
    expect((await stored('shop_days_v1')).reduce((sum, { orders }) => sum + Number(orders), 0)).toBe(ORDERS);
    await views.stop();
    await days.stop();
  });

  test('an order that goes, or is put right to a lower version, is out of lists and summaries at once, and these follow events as before', async () => {
    const projector = await startProcess({
      file: PROJECTOR,
      args: ['project'],
      env: { ...scene.env, ORDERSHARD_PROJECTIONS: 'order_views,order_lists,shop_days' },
    });
    const [first, second, third] = [0, 1, 2].map((sequence) =>
      encodeNumber({ timeMs: Date.UTC(2026, 0, 2), worker: 1, sequence }),
    ) as [bigint, bigint, bigint];
    const of = (number: bigint, version: number) =>
      sampleSnapshot(number, version, { shopId: 's', total: '10' });
    const day = async () => (await stored('shop_days_v1'))[0];
    await scene.publish([of(first, 1), of(second, 7), of(third, 8)]);
    await until('the day has all', async () => (await day())?.['orders'] === 3);
    await until('the list has all', async () => (await stored('order_lists_v1')).length === 3);
    // What repair does to a view of no order, and to one of a version that its order never had.
    const [before, tooHigh] = await Promise.all(
      [third, second].map(async (number) => (await scene.views.findOne({ _id: number })) as OrderView),
    );
    await scene.views.deleteOne({ _id: third });
    await scene.views.replaceOne({ _id: second }, orderView({ data: of(second, 1) }));
    await mendDerived(scene.db, [
      { number: third, before, after: undefined },
      { number: second, before: tooHigh, after: of(second, 1) },
    ]);
    expect(await day()).toMatchObject({ orders: 2, statuses: { created: 2 } });
    expect((await stored('order_lists_v1')).map(({ _id, version }) => [_id, version])).toEqual([
      [first, 1],
      [second, 1],
    ]);
    await scene.publish([of(first, 2)]);
    await until('the day follows', async () => {
      const { paid } = ((await day())?.['statuses'] ?? {}) as { paid?: number };
      return paid === 1;
    });
    await projector.stop();
  });
});
