import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openCluster } from '../cluster.ts';
import { dayOfPartition, isoDay } from '../retention/days.ts';
import { listPartitions } from '../sql/partitions.ts';
import { OperationLease } from '../lease/operation-lease.ts';
import { readMoves } from './books.ts';
import { moveBuckets, resumeMoves } from './move-buckets.ts';
import type { MoveCluster, MoveOptions } from './move-options.ts';
import type { BucketMove, MoveStep } from './move-plan.ts';
import { OPTIONS, RIDE_TABLES, RideCluster } from './rides.fixture.ts';

let rides: RideCluster;

beforeAll(async () => {
  rides = await RideCluster.start(16);
});

afterAll(async () => rides.end());

const numbers = (bucket: number): BucketMove => ({
  kind: 'numbers',
  bucket,
  from: bucket % 2,
  to: 1 - (bucket % 2),
});

const at = (step: MoveStep, fn: () => Promise<unknown>): MoveOptions => {
  let done = false;
  return {
    ...OPTIONS,
    afterStep: async (reached) => {
      if (reached.step !== step || done) return;
      done = true;
      await fn();
    },
  };
};

test.each([
  ['changed', `UPDATE ride_stops SET name = 'planted' WHERE number = ? AND place = 0`],
  ['missing', 'DELETE FROM ride_stops WHERE number = ? AND place = 0'],
  ['missing in the root', 'DELETE FROM rides WHERE number = ?'],
  ['extra', `INSERT INTO ride_stops (number, place, bucket, name) VALUES (?, 7, 0, 'planted')`],
])('a row that is %s on the target stops the switch; resumed, it is copied anew', async (_, plant) => {
  const bucket = 0;
  const owner = (await rides.ownersOf('numbers', bucket))[0]!;
  const move = { ...numbers(bucket), from: owner, to: 1 - owner };
  const [number] = await rides.takeRides(bucket, 3);
  const run = moveBuckets(
    rides.cluster,
    await rides.plan(move),
    at('copied', () => rides.on(move.to, (session) => session.execute(plant, [number!]))),
  );
  await expect(run).rejects.toMatchObject({
    code: 'REBALANCE_DIFFERENCE',
    bucket,
    examples: [String(number)],
  });
  expect(await rides.ownersOf('numbers', bucket)).toEqual([move.from]);
  await rides.changeStop(number!);
  const [status] = await readMoves(rides.cluster);
  expect(status).toMatchObject({ step: 'capturing', error: expect.stringContaining('ride') });
  await resumeMoves(rides.cluster, OPTIONS);
  expect(await rides.ownersOf('numbers', bucket)).toEqual([move.to]);
  expect(await rides.lost()).toEqual([]);
});

test('a row that a transaction of another number has written in its bucket stops the switch', async () => {
  const [one, other] = await rides.takeRides(2, 2);
  const run = moveBuckets(
    rides.cluster,
    await rides.plan(numbers(2)),
    at('verified', () =>
      rides.router.transaction({ number: one! }, (tx) =>
        tx.execute(`UPDATE ride_stops SET name = '1' WHERE number = ? AND place = 1`, [other!]),
      ),
    ),
  );
  await expect(run).rejects.toMatchObject({ code: 'REBALANCE_DIFFERENCE', examples: [String(other)] });
  rides.acknowledged.set(other!, 1);
  expect(await rides.lost()).toEqual([]);
  await resumeMoves(rides.cluster, OPTIONS);
  expect(await rides.lost()).toEqual([]);
});

test.each(['copied', 'verified'] as const)(
  'a mover that forgets what was written since it had %s does not switch',
  async (step) => {
    const bucket = step === 'copied' ? 1 : 3;
    const [number] = await rides.takeRides(bucket, 2);
    const run = moveBuckets(
      rides.cluster,
      await rides.plan(numbers(bucket)),
      at(step, async () => {
        await rides.changeStop(number!);
        // What a mover that switched before it had caught up would leave undone.
        await rides.on(1, (session) =>
          session.execute('DELETE FROM dirty_numbers WHERE bucket = ?', [bucket]),
        );
      }),
    );
    await expect(run).rejects.toMatchObject({ code: 'REBALANCE_DIFFERENCE', examples: [String(number)] });
    expect(await rides.ownersOf('numbers', bucket)).toEqual([1]);
    await resumeMoves(rides.cluster, OPTIONS);
    expect(await rides.ownersOf('numbers', bucket)).toEqual([0]);
    expect(await rides.lost()).toEqual([]);
  },
);

test('a transaction that stays open is ended, and other buckets are written all the while', async () => {
  const [number] = await rides.takeRides(4, 1);
  const [elsewhere] = await rides.takeRides(6, 1);
  let close!: () => void;
  const closed = new Promise<void>((resolve) => (close = resolve));
  let opened!: () => void;
  const open = new Promise<void>((resolve) => (opened = resolve));
  const long = rides.router.transaction({ number: number! }, async (tx) => {
    await tx.execute(`UPDATE ride_stops SET name = 'x' WHERE number = ? AND place = 1`, [number!]);
    opened();
    await closed;
    await tx.query('SELECT 1');
  });
  await open;
  const moving = moveBuckets(rides.cluster, await rides.plan(numbers(4)), {
    ...OPTIONS,
    limits: { longTransactionMs: 1_500 },
  });
  let writes = 0;
  const done = { yet: false };
  const writing = (async () => {
    for (; !done.yet; writes += 1) await rides.changeStop(elsewhere!);
  })();
  await moving;
  done.yet = true;
  await writing;
  close();
  await expect(long).rejects.toMatchObject({ name: expect.stringMatching(/Unavailable|UnknownOutcome/) });
  expect(writes).toBeGreaterThan(10);
  expect(await rides.ownersOf('numbers', 4)).toEqual([1]);
  expect(await rides.lost()).toEqual([]);
});

test('what is refused has changed nothing', async () => {
  const { cluster } = rides;
  const move = numbers(8);
  const plan = await rides.plan(move);
  const refused = async (code: string, changes: Partial<MoveCluster> = {}, asked = plan, options = OPTIONS) =>
    expect(moveBuckets({ ...cluster, ...changes }, asked, options)).rejects.toMatchObject({ code });
  await refused('REBALANCE_PLAN_STALE', {}, { ...plan, mapVersion: plan.mapVersion + 1 });
  await refused('REBALANCE_PLAN_INVALID', {}, await rides.plan({ ...move, from: 1, to: 0 }));
  await refused('REBALANCE_PLAN_INVALID', {}, await rides.plan(move, move));
  await refused('REBALANCE_PLAN_INVALID', {}, await rides.plan({ ...move, to: 9 }));
  await refused('ROUTER_SHARD_IDENTITY', { clusterId: 'another' });
  await refused('REBALANCE_SPACE', { capacityOf: () => 1_000n });
  // A day that is archived and still there, on either; then one that has gone from the target only.
  const partitions = await rides.on(0, (session) => listPartitions(session, 'rides'));
  const day = isoDay(partitions.map(({ name }) => dayOfPartition(name)).find((each) => each !== undefined)!);
  const note = (shard: number, sql: string) => rides.on(shard, (session) => session.execute(sql, [day]));
  const noted = `INSERT INTO retention_days (day, step, carried, started_at, changed_at)
                 VALUES (?, 'archived', 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`;
  for (const shard of [0, 1]) {
    await note(shard, noted);
    await refused('REBALANCE_DAY_LEAVING');
    await note(shard, 'DELETE FROM retention_days WHERE day = ?');
  }
  await note(1, noted.replace('archived', 'dropped'));
  await refused('REBALANCE_DAY_LEAVING');
  await note(1, 'DELETE FROM retention_days WHERE day = ?');
  await refused('REBALANCE_CLOCKS', {}, plan, { ...OPTIONS, limits: { clockSkewMs: -1 } });
  await refused('REBALANCE_TABLE', {
    tables: RIDE_TABLES.filter(({ table }) => table !== 'ride_stops'),
  });

  await rides.on(1, (session) => session.execute('ALTER TABLE promises ADD COLUMN note INT NULL'));
  await refused('REBALANCE_SCHEMA');
  await rides.on(1, (session) => session.execute('ALTER TABLE promises DROP COLUMN note'));

  const gone = openCluster({
    clusterId: cluster.clusterId,
    shards: [cluster.configs[0]!, { id: 1, writer: 'mysql://nobody:x@127.0.0.1:1/none' }],
    application: { TABLES: RIDE_TABLES },
  });
  await expect(moveBuckets(gone, plan, OPTIONS)).rejects.toMatchObject({
    code: 'REBALANCE_PARTICIPANT',
    shard: 1,
  });
  await gone.close();

  const held = await OperationLease.acquire(cluster.onShard, 1, { holder: 'ann', what: 'a retention run' });
  await expect(moveBuckets(cluster, plan, OPTIONS)).rejects.toMatchObject({
    code: 'REBALANCE_SHARD_BUSY',
    holder: 'ann',
    what: 'a retention run',
  });
  await held.release();
  expect((await readMoves(cluster)).filter(({ move: { bucket } }) => bucket === 8)).toEqual([]);
  expect(await rides.ownersOf('numbers', 8)).toEqual([0]);
});

test('a bucket of keys moves, with what is written to it meanwhile', async () => {
  const keys = Array.from({ length: 400 }, (_, index) => `promise ${index}`).filter(
    (key) => rides.router.bucketOf(key) === 3,
  );
  expect(keys.length).toBeGreaterThan(5);
  for (const key of keys) await rides.promise(key, 'first');
  const move: BucketMove = { kind: 'keys', bucket: 3, from: 1, to: 0 };
  const report = await moveBuckets(
    rides.cluster,
    await rides.plan(move),
    at('copied', async () => {
      for (const key of keys.slice(0, 3)) await rides.promise(key, 'second');
    }),
  );
  expect(report.switched).toEqual([{ ...move, cells: ['0'] }]);
  expect(await rides.ownersOf('keys', 3)).toEqual([0]);
  for (const key of keys.slice(3, 5)) await rides.promise(key, 'third');
  const rows = await rides.on(0, (session) =>
    session.query<{ promise: string; body: string }>('SELECT promise, body FROM promises WHERE bucket = 3'),
  );
  expect(new Map(rows.map(({ promise, body }) => [promise, body]))).toEqual(
    new Map(keys.map((key, index) => [key, index < 3 ? 'second' : index < 5 ? 'third' : 'first'])),
  );
});

test('a run that is asked to stop leaves what is not switched to be resumed', async () => {
  const asked = new AbortController();
  const plan = { ...(await rides.plan(numbers(10), numbers(12), numbers(14))), id: randomUUID() };
  const run = moveBuckets(rides.cluster, plan, {
    ...at('moved', async () => asked.abort()),
    parallel: 1,
    signal: asked.signal,
  });
  await expect(run).rejects.toMatchObject({ code: 'REBALANCE_STOPPED' });
  expect(await rides.ownersOf('numbers', 10)).toEqual([1]);
  expect(await rides.ownersOf('numbers', 14)).toEqual([0]);
  const reports = await resumeMoves(rides.cluster, { ...OPTIONS, planId: plan.id });
  expect(reports.map(({ switched }) => switched.map((each) => each.bucket))).toEqual([[12, 14]]);
});
