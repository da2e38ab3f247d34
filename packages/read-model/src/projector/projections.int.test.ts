import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrderSnapshot } from '@ordershard/order-events';
import { encodeNumber } from '@ordershard/shard-router';
import { startProcess } from '@ordershard/stack';
import type { Document } from 'mongodb';
import { sampleSnapshot } from '../order-samples.fixture.ts';
import { listEntry } from '../projections/list-entry.ts';
import { orderView } from '../projections/order-view.ts';
import { shopDay, shopDayChange } from '../projections/shop-day.ts';
import { PROJECTOR, ReadModelScene, until } from '../read-model.fixture.ts';

const SHOPS = 3;
const ORDERS = 60;

let scene: ReadModelScene;

beforeEach(async () => {
  scene = await ReadModelScene.create('projections');
}, 60_000);

afterEach(() => scene.end(), 60_000);

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
          shopId,
          day,
          some.map((data) => orderView({ data })),
        );
      })
      .toSorted((a, b) => (a._id < b._id ? -1 : 1));
    const known = async () =>
      (await stored('shop_days_v1')).reduce((sum, { version }) => sum + Number(version), 0);
    const all = summaries.reduce((sum, { version }) => sum + Number(version), 0);
    await until('the summaries know all', async () => (await known()) === all);
    await until('the lists know all', async () => (await stored('order_lists_v1')).length === ORDERS);
    expect(await stored('order_views')).toEqual(last.map((data) => orderView({ data })));
    await until('the lists are as new', async () => {
      const versions = (await stored('order_lists_v1')).map(({ version }) => version as number);
      return versions.join() === last.map(({ version }) => version).join();
    });
    expect(await stored('order_lists_v1')).toEqual(last.map((data) => listEntry({ data })));
    // MongoDB gives 64-bit integers back as they are, whatever fits 32 bits as numbers.
    const asBigints = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner)));
    expect(asBigints(await stored('shop_days_v1'))).toEqual(asBigints(summaries));
    await projector.stop();
  }, 90_000);
});
