import { lowestNumberAt, openEpoch } from '@ordershard/shard-router';
import * as fc from 'fast-check';
import { moveBuckets } from './move-buckets.ts';
import { OPTIONS, type RideCluster } from './rides.fixture.ts';
import type { Tickets } from './tickets.fixture.ts';

const BUCKETS = 8;

/** Something that is done to a cluster with tickets. */
export type Act =
  | { readonly do: 'add' | 'move'; readonly bucket: number }
  | { readonly do: 'change' | 'remove'; readonly which: number }
  | { readonly do: 'open an epoch'; readonly owners: readonly number[] };

const bucket = fc.nat(BUCKETS - 1);

export const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('add' as const), bucket }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), bucket }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('open an epoch' as const),
        // Each shard has some, so that numbers can be drawn for both.
        owners: fc
          .array(fc.nat(1), { minLength: BUCKETS, maxLength: BUCKETS })
          .map((owners) => owners.with(0, 0).with(1, 1)),
      }),
    },
  ),
  { minLength: 12, maxLength: 24 },
);

/** Does what an act says, a move while others write in the bucket. */
export async function play(rides: RideCluster, tickets: Tickets, act: Act): Promise<void> {
  const known = [...tickets.acknowledged.keys()];
  switch (act.do) {
    case 'add':
      await tickets.add(act.bucket);
      return;
    case 'change':
      if (known.length > 0) await tickets.change(known[act.which % known.length]!);
      return;
    case 'remove':
      if (known.length > 0) await tickets.remove(known[act.which % known.length]!);
      return;
    case 'move': {
      const [from] = await rides.ownersOf('texts', act.bucket);
      const plan = await rides.plan({ kind: 'texts', bucket: act.bucket, from: from!, to: 1 - from! });
      await tickets.whileWritten(act.bucket, () => moveBuckets(rides.cluster, plan, OPTIONS));
      return;
    }
    case 'open an epoch': {
      const fromMs = Date.now() + 3_000;
      await openEpoch(rides.cluster, {
        fromMs,
        owners: act.owners,
        keyOwners: act.owners,
        by: 'test',
        tables: ['rides'],
        limits: { leadMs: 500, decidedBeforeMs: 100, prepareMs: 20_000 },
      });
      while (rides.router.drawNumber() < lowestNumberAt(fromMs))
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
