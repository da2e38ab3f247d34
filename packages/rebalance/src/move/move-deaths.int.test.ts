import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readMoves } from './books.ts';
import { moveBuckets, resumeMoves } from './move-buckets.ts';
import type { MoveOptions } from './move-options.ts';
import type { BucketMove, MoveStep } from './move-plan.ts';
import { afterLease, dyingAfter, OPTIONS, RideCluster } from './rides.fixture.ts';
import { rollbackMoves } from './rollback-moves.ts';

let rides: RideCluster;
let bucket = 0;

beforeAll(async () => {
  rides = await RideCluster.start(64);
});

afterAll(async () => rides.end());

/** Every step after which a mover can die with work left. */
const STEPS: readonly MoveStep[] = [
  'planned',
  'importing',
  'purged',
  'capturing',
  'copied',
  'caught_up',
  'verified',
  'frozen',
  'owned',
  'moved',
];
/** From here on the target is the owner. */
const SWITCHED: readonly MoveStep[] = ['owned', 'moved'];

/** A bucket that no test has used yet, with some rides, and how it is to move. */
async function freshMove(): Promise<{ readonly move: BucketMove; readonly number: bigint }> {
  const move: BucketMove = { kind: 'numbers', bucket, from: bucket % 2, to: 1 - (bucket % 2) };
  bucket += 1;
  const [number] = await rides.takeRides(move.bucket, 3);
  return { move, number: number! };
}

async function die(move: BucketMove, step: MoveStep): Promise<string> {
  const plan = await rides.plan(move);
  await expect(afterLease(() => moveBuckets(rides.cluster, plan, dyingAfter(step)))).rejects.toThrow(
    'as if it had died',
  );
  return plan.id;
}

describe.each(STEPS)('a mover that dies after %s', (step) => {
  test('leaves one owner, or none for a moment, and is resumed', async () => {
    const { move, number } = await freshMove();
    await die(move, step);
    expect(await rides.ownersOf('numbers', move.bucket)).toEqual(
      step === 'frozen' ? [] : [SWITCHED.includes(step) ? move.to : move.from],
    );
    // While nobody knows that it is dead, its bucket goes on being written where it is owned.
    if (step !== 'frozen' && step !== 'owned') await rides.changeStop(number);
    await afterLease(() => resumeMoves(rides.cluster, OPTIONS));
    expect(await rides.ownersOf('numbers', move.bucket)).toEqual([move.to]);
    await rides.changeStop(number);
    expect(await rides.lost()).toEqual([]);
  });

  test('is rolled back', async () => {
    const { move, number } = await freshMove();
    const planId = await die(move, step);
    if (step !== 'frozen' && step !== 'owned') await rides.changeStop(number);
    await afterLease(() => rollbackMoves(rides.cluster, { ...OPTIONS, planId, moveBack: true }));
    expect(await rides.ownersOf('numbers', move.bucket)).toEqual([move.from]);
    await rides.changeStop(number);
    expect(await rides.lost()).toEqual([]);
    const open = (await readMoves(rides.cluster)).filter(
      (each) => each.move.bucket === move.bucket && !['moved', 'cleaned', 'revoked'].includes(each.step),
    );
    expect(open).toEqual([]);
    // What had come back from an owner stays for the grace time; what was only copied is gone.
    if (!SWITCHED.includes(step)) expect(await rides.rowsOn(move.to, move.bucket)).toBe(0);
  });
});

/** A run that is held up after a step until another one has gone on in its place, because nobody saw it alive. */
async function wokenAfter(
  move: BucketMove,
  step: MoveStep,
  goOn: (options: MoveOptions) => Promise<unknown>,
): Promise<unknown> {
  const woken = moveBuckets(rides.cluster, await rides.plan(move), {
    ...OPTIONS,
    afterStep: async (at) => {
      if (at.step !== step) return;
      for (const shard of rides.cluster.shards) {
        await rides.on(shard, (session) =>
          session.execute(`UPDATE operation_heartbeats SET leased_until = '1970-01-02'`),
        );
      }
      await goOn({ ...OPTIONS, by: 'the next' });
    },
  });
  return woken.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test.each(['purged', 'copied', 'verified', 'frozen'] as const)(
  'a mover that wakes after its lease, and had come to %s, changes nothing any more',
  async (step) => {
    const resumed = await freshMove();
    expect(
      await wokenAfter(resumed.move, step, (options) => resumeMoves(rides.cluster, options)),
    ).toMatchObject({ code: 'REBALANCE_LEASE_LOST' });
    expect(await rides.ownersOf('numbers', resumed.move.bucket)).toEqual([resumed.move.to]);
    const revoked = await freshMove();
    expect(
      await wokenAfter(revoked.move, step, async (options) => {
        await rollbackMoves(rides.cluster, options);
        await rides.changeStop(revoked.number);
      }),
    ).toMatchObject({ code: 'REBALANCE_LEASE_LOST' });
    expect(await rides.ownersOf('numbers', revoked.move.bucket)).toEqual([revoked.move.from]);
    await rides.changeStop(resumed.number);
    expect(await rides.lost()).toEqual([]);
  },
);
