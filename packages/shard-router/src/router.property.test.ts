import { describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { asyncLocalStorageCarrier } from './context/async-local-storage-carrier.ts';
import type { CarrierFactory } from './context/carrier.ts';
import { clsHookedCarrier } from './context/cls-hooked-carrier.ts';
import { DOUBLE_OPTIONS, DriverDouble } from './property/driver-double.ts';
import { Player } from './property/play.ts';
import { schedule } from './property/schedule.ts';
import { sharedStoreCarrier } from './property/shared-store-carrier.ts';

// Each router of these tests gets the double of its own that is current while it is made.
let double = new DriverDouble();
jest.unstable_mockModule('mysql2', () => ({
  createPool: (...args: Parameters<DriverDouble['createPool']>) => double.createPool(...args),
}));
const { connectShardRouter } = await import('./router.ts');

/** Schedules that run at once on one router, among each other. */
const AT_ONCE = 50;

/** What schedules must meet for their silence to mean something. */
const KINDS = [
  'another shard or target inside a transaction',
  'handle of a scope that is over',
  'scope, around: ending',
  'scope, around: none',
  'scope, around: open',
  'scope, around: over',
  'statement, scope: ending',
  'statement, scope: none',
  'statement, scope: open',
  'statement, scope: over',
  'transaction inside another',
  'transaction with a failed part',
];

/** Plays batches of schedules; resolves to what fast-check found, and how much was played. */
async function playAll(carrier: CarrierFactory, schedules: number) {
  double = new DriverDouble();
  const router = await connectShardRouter({ ...DOUBLE_OPTIONS, carrier });
  const mine = double;
  const seen = new Map<string, number>();
  let played = 0;
  try {
    const details = await fc.check(
      fc.asyncProperty(
        fc.array(schedule, { minLength: AT_ONCE, maxLength: AT_ONCE }),
        fc.infiniteStream(fc.nat(0xffff)),
        async (batch, order) => {
          mine.choose = (choices) => order.next().value! % choices;
          mine.complaints.length = 0;
          const player = new Player(router, mine);
          await Promise.all(batch.map((steps) => player.play(steps)));
          played += batch.length;
          for (const [what, times] of player.seen) seen.set(what, (seen.get(what) ?? 0) + times);
          expect([...new Set([...player.violations, ...mine.complaints])]).toEqual([]);
        },
      ),
      { numRuns: Math.ceil(schedules / AT_ONCE), seed: 20_251_122, endOnFailure: true },
    );
    return { details, seen, played };
  } finally {
    await router.close();
  }
}

describe('scopes that run among each other', () => {
  test('no statement reaches a shard that its scope did not choose, in 10,000 schedules', async () => {
    const { details, seen, played } = await playAll(asyncLocalStorageCarrier, 10_000);
    expect(details.errorInstance).toBeNull();
    expect(details.failed).toBe(false);
    expect(played).toBeGreaterThanOrEqual(10_000);
    // Each kind of thing that matters was met, and often enough.
    expect([...seen.keys()].toSorted()).toEqual(KINDS);
    expect(Math.min(...seen.values())).toBeGreaterThan(10);
  });

  test('the same holds with cls-hooked', async () => {
    const { details } = await playAll(clsHookedCarrier, 500);
    expect(details.errorInstance).toBeNull();
  });

  test('the schedules find siblings that share a store', async () => {
    const { details } = await playAll(sharedStoreCarrier, 10_000);
    expect(details.failed).toBe(true);
    expect(String(details.errorInstance)).toMatch(/reached shard \d, not \d/);
  });
});
