import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { epochRanges, loadMap, type ShardMap } from '@ordershard/shard-router';
import { openNextEpoch } from '../epochs/open-next-epoch.ts';
import { moveBuckets } from './move-buckets.ts';
import type { BucketMove } from './move-plan.ts';
import { OPTIONS, RideCluster } from './rides.fixture.ts';
import { rollbackMoves } from './rollback-moves.ts';

let rides: RideCluster;

beforeAll(async () => {
  rides = await RideCluster.start();
});

afterAll(async () => rides.end());

const newestMap = () => loadMap(rides.cluster.shards, rides.cluster.clusterId, rides.cluster.onShard);

/** Opens an epoch and waits until numbers are drawn in it. */
async function openEpoch(weights: ReadonlyMap<number, number>): Promise<void> {
  const limits = { leadMs: 500, decidedBeforeMs: 100, prepareMs: 20_000 };
  const map = await openNextEpoch(rides.cluster, {
    beginsInMs: 3_000,
    wishes: { weights },
    by: 'test',
    limits,
  });
  await rides.router.refreshMap();
  const { from } = epochRanges(map).at(-1)!;
  while (rides.router.drawNumber() < from) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Makes a promise under each of some keys, together with a number, as a keyed order is placed. */
async function placeKeyed(name: string): Promise<void> {
  await rides.router.refreshMap();
  for (let i = 0; i < 24; i += 1) {
    const key = `${name}-${i}`;
    const number = rides.router.drawNumberFor(key);
    await rides.router.transaction({ number, key, fresh: true }, (tx) =>
      tx.execute('INSERT INTO promises (promise, bucket, key_generation, body) VALUES (?, ?, ?, ?)', [
        key,
        tx.keyBucket!,
        tx.keyGeneration,
        '',
      ]),
    );
  }
}

/** What the fences of keys of a shard are for, by generation. */
async function keyRanges(shard: number): Promise<readonly string[]> {
  const rows = await rides.on(shard, (session) =>
    session.query<{ line: string }>(
      `SELECT DISTINCT CONCAT(key_generation, ' from ', range_from, ' to ', range_to) AS line
         FROM key_fences ORDER BY line`,
    ),
  );
  return rows.map(({ line }) => line);
}

const ofKeys = (map: ShardMap) =>
  epochRanges(map).map(({ from, keyGeneration }) => ({ from, keyGeneration }));

test('buckets move and come back after an epoch was opened: keys keep their generations, keyed orders are placed, the next epoch opens', async () => {
  await openEpoch(new Map([[1, 3]]));
  const opened = await newestMap();
  const ranges = await keyRanges(0);
  const bucketOf = (map: ShardMap, kind: BucketMove['kind']) =>
    map.epochs.at(-1)![kind === 'numbers' ? 'owners' : 'keyOwners']?.indexOf(0) ?? map.keyOwners.indexOf(0);
  await placeKeyed('opened');

  for (const kind of ['numbers', 'keys'] as const) {
    const map = await newestMap();
    const bucket = bucketOf(map, kind);
    const plan = await rides.plan({ kind, bucket, from: 0, to: 1 });
    await moveBuckets(rides.cluster, plan, OPTIONS);
    expect(ofKeys(await newestMap())).toEqual(ofKeys(opened));
    expect(await Promise.all([0, 1].map(keyRanges))).toEqual([ranges, ranges]);
    await placeKeyed(`moved-${kind}`);

    await rollbackMoves(rides.cluster, { ...OPTIONS, planId: plan.id, moveBack: true });
    const back = await newestMap();
    expect({ epochs: epochRanges(back) }).toEqual({ epochs: epochRanges(map) });
    expect(await Promise.all([0, 1].map(keyRanges))).toEqual([ranges, ranges]);
    await placeKeyed(`back-${kind}`);
  }

  await openEpoch(new Map([[0, 3]]));
  expect(ofKeys(await newestMap()).map(({ keyGeneration }) => keyGeneration)).toEqual([0, 1, 2]);
  await placeKeyed('next');
});
