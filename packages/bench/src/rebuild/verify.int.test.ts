import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decodeNumber, encodeNumber, lowestNumberAt } from '@ordershard/shard-router';
import { testNamespace } from '@ordershard/stack';
import { READ_MODEL, ReadModelScene, RELAY, until, type ViewDocument } from './scene.ts';

let scene: ReadModelScene;

beforeEach(async () => {
  scene = await ReadModelScene.create(await testNamespace('verify'));
});

afterEach(() => scene.end());

const DAY_MS = 86_400_000;
const NONE = { changed: 0, missing: 0, extra: 0, stale: 0, repaired: 0, unsettled: 0, finished: true };

interface Listed {
  readonly number: string;
  readonly kind: string;
}

/** Plants 100 differences, and gives what is to be found, in order. */
async function plant(quiet: readonly bigint[]): Promise<string[]> {
  const views = scene.views();
  const planted: string[] = [];
  const note = (kind: string, number: bigint) => planted.push(`${kind} ${number}`);
  const changes: ((view: ViewDocument) => object)[] = [
    ({ total }) => ({ $set: { total: (total as bigint) + 1n } }),
    () => ({ $set: { note: 'not from the order' } }),
    () => ({ $set: { 'items.0.quantity': 99 } }),
    () => ({ $unset: { shopName: '' } }),
    () => ({ $set: { planted: true } }),
    ({ version }) => ({ $set: { version: version + 5 } }),
    () => ({ $set: { 'timeline.0.at': new Date(0) } }),
  ];
  for (const [n, number] of quiet.slice(0, 35).entries()) {
    const view = await views.findOne({ _id: number });
    await views.updateOne({ _id: number }, changes[n % changes.length]!(view!));
    note('changed', number);
  }
  for (const number of quiet.slice(35, 40)) {
    await views.updateOne({ _id: number }, { $set: { version: 1 } });
    note('stale', number);
  }
  for (const number of quiet.slice(40, 70)) {
    await views.deleteOne({ _id: number });
    note('missing', number);
  }
  const model = (await views.findOne({ _id: quiet[99]! }))!;
  for (let n = 0; n < 30; n += 1) {
    // Between numbers of orders that there are, or somewhat before them.
    const timeMs = n % 2 === 0 ? decodeNumber(quiet[n + 100]!).timeMs : Date.now() - n * DAY_MS;
    const number = encodeNumber({ timeMs, worker: 1_000, sequence: n });
    await views.insertOne({ ...model, _id: number });
    note('extra', number);
  }
  return planted.toSorted();
}

/** Makes views of orders that are past the retention, and raises the fences above them. */
async function expire(count: number, model: ViewDocument): Promise<void> {
  const lowest = lowestNumberAt(Date.now() - 35 * DAY_MS);
  for (const shard of scene.router.allShards()) {
    await scene.router.onShard(shard, (session) =>
      session.execute('UPDATE bucket_fences SET writable_from = ?, readable_from = ?', [lowest, lowest]),
    );
  }
  const first = encodeNumber({ timeMs: Date.now() - 40 * DAY_MS, worker: 1, sequence: 0 });
  const old = Array.from({ length: count }, (_, n) => ({ ...model, _id: first + BigInt(n) }));
  await scene.views().insertMany(old);
}

test('verify finds 100 planted differences and nothing else under live traffic, and repair mends them', async () => {
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
  const quiet = await scene.place(1_000);
  await scene.change(quiet, 'pay');
  await until(
    'the views are there',
    async () => (await scene.views().countDocuments({ version: 2 })) === quiet.length,
  );
  await expire(1_000, (await scene.views().findOne({ _id: quiet[500]! }))!);
  const traffic = scene.traffic();
  await until('traffic flows', () => traffic.numbers.length > 0);
  expect((await scene.readModel(['verify', '--json', '--chunk', '200'])).json).toMatchObject({
    ...NONE,
    expired: 1_000,
  });

  const planted = await plant(quiet);
  const before = traffic.numbers.length;
  const verify = await scene.readModel(['verify', '--json', '--chunk', '200']);
  expect(verify.exitCode).toBe(3);
  const found = (verify.json['differences'] as Listed[]).map(({ kind, number }) => `${kind} ${number}`);
  expect(found.toSorted()).toEqual(planted);
  expect(verify.json).toMatchObject({
    ...NONE,
    changed: 35,
    stale: 5,
    missing: 30,
    extra: 30,
    expired: 1_000,
  });
  expect(traffic.numbers.length).toBeGreaterThan(before);

  const repair = await scene.readModel(['repair', '--json', '--chunk', '200']);
  expect(repair.json).toMatchObject({
    changed: 35,
    stale: 5,
    missing: 30,
    extra: 30,
    repaired: 100,
    expired: 1_000,
  });
  const after = await scene.readModel(['verify', '--json', '--chunk', '200']);
  expect(after.json).toMatchObject({ ...NONE, expired: 1_000 });
  expect(after.exitCode).toBe(0);
  expect(await traffic.stop()).toBeGreaterThan(before);
}, 240_000);

test('a view that lags is no difference: without projector it is unsettled, and equal when that is back', async () => {
  await scene.start(RELAY, ['relay']);
  const projector = await scene.start(READ_MODEL, ['project']);
  const numbers = await scene.place(50);
  await until('the views are there', async () => (await scene.views().countDocuments()) === 50);
  await projector.stop();
  await scene.change(numbers, 'pay');
  const lagging = await scene.readModel(['verify', '--json', '--patience', '1']);
  expect(lagging.json).toMatchObject({ ...NONE, unsettled: 50 });
  expect(lagging.exitCode).toBe(4);
  const waiting = scene.readModel(['verify', '--json']);
  await scene.start(READ_MODEL, ['project']);
  expect((await waiting).json).toMatchObject({ ...NONE, checked: 50 });
}, 180_000);

test('a verify that was killed goes on where it was', async () => {
  await scene.start(RELAY, ['relay']);
  await scene.start(READ_MODEL, ['project']);
  await scene.place(600);
  await until('the views are there', async () => (await scene.views().countDocuments()) === 600);
  const kill = new AbortController();
  const killed = scene.readModel(['verify', '--chunk', '50', '--rate', '100'], kill.signal);
  const progress = scene.db.collection<{ _id: string; after: bigint; counts: { checked: number } }>(
    'read_model_progress',
  );
  await until('some is done', async () => ((await progress.findOne({}))?.counts.checked ?? 0) >= 100);
  kill.abort();
  expect((await killed).signal).toBe('SIGKILL');
  const { after, counts } = (await progress.findOne({}))!;
  const done = await scene.views().countDocuments({ _id: { $lte: after } });
  expect(done).toBe(counts.checked);
  await scene.views().updateOne({ _id: { $lte: after } }, { $set: { note: 'x' } });
  const rest = await scene.readModel(['verify', '--json', '--chunk', '50']);
  // What lies before is not looked at again by this run; a new one finds it.
  expect(rest.json).toMatchObject({ ...NONE, checked: 600 });
  expect((await scene.readModel(['verify', '--json'])).json).toMatchObject({ changed: 1, checked: 600 });
}, 180_000);
