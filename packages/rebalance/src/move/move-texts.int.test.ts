import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DuplicateRowError, lowestNumberAt, openEpoch } from '@ordershard/shard-router';
import { cleanUp } from './clean-up.ts';
import { verifyMoves } from './verify-moves.ts';
import { TableNotMovableError } from './errors.ts';
import { moveBuckets, resumeMoves } from './move-buckets.ts';
import type { BucketMove, MoveStep } from './move-plan.ts';
import { afterLease, dyingAfter, OPTIONS, RideCluster } from './rides.fixture.ts';
import { rollbackMoves } from './rollback-moves.ts';
import { readMovingTables } from './table-layout.ts';
import { Tickets } from './tickets.fixture.ts';

let rides: RideCluster;
let tickets: Tickets;

beforeAll(async () => {
  rides = await RideCluster.start();
  tickets = new Tickets(rides);
});

afterAll(async () => rides.end());

const texts = (bucket: number, from: number): BucketMove => ({ kind: 'texts', bucket, from, to: 1 - from });

/** Whether each acknowledged ticket is refused a second time. */
async function refusesEachAgain(): Promise<void> {
  for (const text of tickets.acknowledged.keys())
    await expect(tickets.insert(text)).rejects.toThrow(DuplicateRowError);
}

test('a bucket of text keys moves while it is written, lies still through an epoch, moves back, and is cleaned up', async () => {
  const bucket = 2;
  for (let i = 0; i < 80; i += 1) await tickets.add(bucket);
  const report = await tickets.whileWritten(bucket, async () =>
    moveBuckets(rides.cluster, await rides.plan(texts(bucket, 0)), OPTIONS),
  );
  expect(report.switched).toEqual([{ ...texts(bucket, 0), cells: [String(bucket)] }]);
  expect(report.pausesMs).toHaveLength(1);
  expect(await rides.ownersOf('texts', bucket)).toEqual([1]);
  expect(await rides.ownersOf('numbers', bucket)).toEqual([0]);
  expect(await tickets.lost()).toEqual([]);
  await refusesEachAgain();
  expect(await tickets.rowsOn(1, bucket)).toBe(tickets.acknowledged.size * 2);
  expect(await verifyMoves(rides.cluster)).toEqual([]);
  await rides.router.refreshMap();
  const [some] = tickets.acknowledged.keys();
  expect(rides.router.shardOf(some!)).toBe(1);

  const fromMs = Date.now() + 3_000;
  await openEpoch(rides.cluster, {
    fromMs,
    owners: Array.from({ length: 8 }, (_, at) => 1 - (at % 2)),
    keyOwners: Array.from({ length: 8 }, (_, at) => 1 - (at % 2)),
    by: 'test',
    tables: ['rides'],
    limits: { leadMs: 1_000, decidedBeforeMs: 200, prepareMs: 20_000 },
  });
  while (rides.router.drawNumber() < lowestNumberAt(fromMs))
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await rides.ownersOf('texts', bucket)).toEqual([1]);
  expect(await tickets.lost()).toEqual([]);
  await refusesEachAgain();

  // Back, over what was left on the source.
  await tickets.whileWritten(bucket, () => rollbackMoves(rides.cluster, { ...OPTIONS, moveBack: true }));
  expect(await rides.ownersOf('texts', bucket)).toEqual([0]);
  expect(await tickets.lost()).toEqual([]);
  await refusesEachAgain();
  expect(await tickets.rowsOn(0, bucket)).toBe(tickets.acknowledged.size * 2);
  await cleanUp(rides.cluster, { ...OPTIONS, graceMs: 0 });
  expect(await tickets.rowsOn(1, bucket)).toBe(0);
  expect(await tickets.lost()).toEqual([]);
});

test.each<[MoveStep, 'resumed' | 'rolled back', number]>([
  ['capturing', 'resumed', 4],
  ['copied', 'rolled back', 4],
  ['frozen', 'resumed', 6],
  ['owned', 'rolled back', 0],
])(
  'a move of text keys that dies after %s is %s, and no row is lost or there twice',
  async (step, how, bucket) => {
    for (let i = 0; i < 10; i += 1) await tickets.add(bucket);
    const [from] = await rides.ownersOf('texts', bucket);
    const plan = await rides.plan(texts(bucket, from!));
    await expect(moveBuckets(rides.cluster, plan, dyingAfter(step))).rejects.toThrow(
      'ended as if it had died',
    );
    if (how === 'resumed') await afterLease(() => resumeMoves(rides.cluster, OPTIONS));
    else await afterLease(() => rollbackMoves(rides.cluster, OPTIONS));
    // The target owned it already: what has switched is not taken back without being told to.
    const owner = how === 'resumed' || step === 'owned' ? 1 - from! : from!;
    expect(await rides.ownersOf('texts', bucket)).toEqual([owner]);
    expect(await tickets.lost()).toEqual([]);
    await refusesEachAgain();
  },
);

test('a table whose text keys would be compared otherwise than they are routed is refused by name', async () => {
  const read = (column: string) =>
    rides.on(0, (session) =>
      readMovingTables(session, [
        ...rides.cluster.tables.filter(({ table }) => table !== 'tickets'),
        { table: 'tickets', partitionedBy: 'nothing', moves: { by: 'text', column } },
      ]),
    );
  await expect(read('seat')).rejects.toThrow(TableNotMovableError);
  await expect(read('nowhere')).rejects.toThrow('tickets has no column nowhere');
  await expect(read('body')).rejects.toThrow('tickets has no index that begins with bucket, body');
  await rides.on(0, (session) =>
    session.execute('ALTER TABLE tickets MODIFY ticket VARCHAR(64) COLLATE utf8mb4_0900_ai_ci NOT NULL'),
  );
  await expect(read('ticket')).rejects.toThrow(/tickets.ticket is varchar utf8mb4_0900_ai_ci/);
});
