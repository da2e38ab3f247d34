import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeNumber, lowestNumberAt } from '../ids/snowflake.ts';
import type { ShardRouter } from '../router.ts';
import { loadMap } from '../topology/load-map.ts';
import { epochRanges } from '../topology/map.ts';
import { readOpenings } from './close-epochs.ts';
import { type GrownCluster, grownCluster, soon } from './epoch-cluster.fixture.ts';
import { openEpoch } from './open-epoch.ts';
import { settleEpochs } from './settle-epochs.ts';
import { withdrawEpoch, type WithdrawEpochOptions } from './withdraw-epoch.ts';

let grown: GrownCluster;
let router: ShardRouter;

beforeAll(async () => {
  grown = await grownCluster();
  router = await grown.router({ mapPollMs: 200 });
});
afterAll(() => grown.end());

const allFences = () =>
  Promise.all(
    grown.cluster.shards.map((shard) =>
      grown.cluster.onShard(shard, (session) =>
        session.query(
          `SELECT bucket, range_from, range_to, state, next_owner, writable_from, readable_from FROM bucket_fences
            UNION ALL SELECT bucket, range_from, range_to, state, next_owner, key_generation, -1 FROM key_fences
            ORDER BY 1, 2, 7`,
        ),
      ),
    ),
  );

const newestMap = () =>
  loadMap(grown.cluster.shards, grown.cluster.clusterId, (id, fn) => grown.cluster.onShard(id, fn));

const openingAt = async (from: bigint) =>
  (await readOpenings(grown.cluster)).find((opening) => opening.from === from);

const until = (moment: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, moment - Date.now())));

const note = (number: bigint) =>
  router.transaction({ number, fresh: true }, (tx) =>
    tx
      .execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'x'])
      .then(() => tx.shard),
  );

const LIMITS = { leadMs: 500, decidedBeforeMs: 200, shutMs: 60_000 };

const withdrawal = (from: bigint, options: Partial<WithdrawEpochOptions> = {}): WithdrawEpochOptions => ({
  from,
  by: 'ann',
  tables: ['notes', 'applied_units'],
  limits: LIMITS,
  ...options,
});

async function opened(beginsInMs: number): Promise<bigint> {
  const options = soon(beginsInMs);
  await openEpoch(grown.cluster, options);
  return lowestNumberAt(options.fromMs);
}

test('an epoch that has not begun is withdrawn: fences, owners and keys are as before, past its beginning too', async () => {
  const fences = await allFences();
  const before = await newestMap();
  const from = await opened(4_000);
  const map = await withdrawEpoch(grown.cluster, withdrawal(from));
  expect(epochRanges(map)).toEqual(epochRanges(before));
  expect(await newestMap()).toEqual(map);
  expect(await allFences()).toEqual(fences);
  expect(await openingAt(from)).toMatchObject({ state: 'aborted', settled: true, decidedBy: 'ann' });
  await expect(withdrawEpoch(grown.cluster, withdrawal(from))).rejects.toThrow(/does not begin at/);

  // A router that has not heard of the withdrawal draws by the epoch, and the fences send it on.
  const stale = await grown.router({ mapPollMs: 3_600_000 });
  await until(decodeNumber(from).timeMs + 50);
  for (const shard of [0, 1]) expect(await note(stale.drawNumber(shard))).toBe(shard);
  expect(() => router.drawNumber(2)).toThrow(/no number lives on shard 2/);
});

test('one that has begun, or begins too soon, stays', async () => {
  const from = await opened(4_000);
  const fences = await allFences();
  await expect(
    withdrawEpoch(grown.cluster, withdrawal(from, { limits: { ...LIMITS, leadMs: 5_000 } })),
  ).rejects.toMatchObject({ code: 'ROUTER_EPOCH_REFUSED', message: /too late to withdraw/ });
  // The shards have taken too long to shut it.
  await expect(
    withdrawEpoch(
      grown.cluster,
      withdrawal(from, {
        afterStep: (step) => (step === 'shut' ? until(decodeNumber(from).timeMs - 150) : undefined),
      }),
    ),
  ).rejects.toThrow(/the shards took too long: the epoch stays/);
  expect(await allFences()).toEqual(fences);
  await until(decodeNumber(from).timeMs + 50);
  await expect(withdrawEpoch(grown.cluster, withdrawal(from))).rejects.toThrow(/has begun: that is final/);
  await router.refreshMap();
  expect(await note(router.drawNumber(2))).toBe(2);
});

test.each([
  ['noted', 'active'],
  ['shut', 'active'],
  ['decided', 'aborted'],
] as const)(
  'one whose withdrawal dies after it was %s is %s, and no shard stays shut',
  async (step, state) => {
    const before = await allFences();
    const from = await opened(20_000);
    const open = await allFences();
    await new Promise<void>((resolve, reject) => {
      const afterStep = (done: string) => {
        if (done !== step) return undefined;
        resolve();
        return new Promise<void>(() => undefined);
      };
      withdrawEpoch(grown.cluster, withdrawal(from, { limits: { ...LIMITS, shutMs: 300 }, afterStep })).catch(
        reject,
      );
    });
    // Any process may settle it: the routers of this test do, and commands.
    const deadline = Date.now() + 90_000;
    while ((await openingAt(from))?.settled !== true && Date.now() < deadline) {
      await settleEpochs(grown.cluster, 'bob');
      await until(Date.now() + 50);
    }
    expect(await openingAt(from)).toMatchObject({ state, settled: true });
    expect(await allFences()).toEqual(state === 'active' ? open : before);
    // So that the next one can be opened.
    if (state === 'active') await withdrawEpoch(grown.cluster, withdrawal(from));
    expect(await allFences()).toEqual(before);
  },
);
