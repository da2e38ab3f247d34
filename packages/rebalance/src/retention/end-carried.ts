import { decodeNumber, readClock } from '@ordershard/shard-router';
import { type AggregateRows, hashOf, type Layout, readLayout } from '../archive/layout.ts';
import { putMark } from '../archive/marks.ts';
import { readAggregatesOf } from '../archive/read-aggregates.ts';
import { deleteRows } from '../sql/aggregate-rows.ts';
import { lockFencesOf } from '../sql/retention/fences.ts';
import { selectEndedNumbers } from '../sql/retention/open-numbers.ts';
import { dayOf, isoDay } from './days.ts';
import { isSettled } from './is-settled.ts';
import { carriedSource } from './rehome.ts';
import { durably, type ShardRun } from './shard-run.ts';
import { type FenceRange, withOwnRange, withoutOwnRange } from './split-fence.ts';
import { writeRanges } from './write-ranges.ts';

/** Numbers that are archived at once. */
const AT_ONCE = 500;

/**
 * Archives the carried-over numbers that are final by now and not held, and takes them off the shard. A number that changes
 * in between stays, and its archived rows are marked void.
 *
 * @returns how many have gone
 * @throws ArchiveUnavailableError, ArchiveDamagedError
 */
export async function endCarried(run: ShardRun): Promise<number> {
  const { session, aggregate } = run;
  const layout = await readLayout(session, aggregate);
  const source = carriedSource(aggregate);
  let ended = 0;
  for (let after = -1n; ;) {
    const some = await selectEndedNumbers(
      session,
      aggregate.root.carriedIn,
      aggregate.finalWhen,
      after,
      AT_ONCE,
    );
    if (some.length === 0) return ended;
    after = BigInt(some.at(-1)!.number);
    const settled: bigint[] = [];
    for (const { number } of some) if (await isSettled(run, BigInt(number))) settled.push(BigInt(number));
    const rows = await readAggregatesOf(session, layout, source, settled);
    for (const [day, few] of Map.groupBy(rows, ({ number }) => isoDay(dayOf(decodeNumber(number).timeMs)))) {
      const archivedAt = new Date(await readClock(session)).toISOString();
      await run.archive?.put(
        {
          shard: session.shard,
          day,
          carriedAs: `carried-${archivedAt.replace(/\D/g, '')}-${few[0]!.number}`,
          archivedAt,
        },
        layout,
        (async function* () {
          yield few;
        })(),
      );
      await run.tell({ day, step: 'archived', detail: `${few.length} carried over before` });
      for (const one of few) ended += (await takeOff(run, layout, one)) ? 1 : 0;
    }
  }
}

/** Takes a number off the shard, if its rows still equal the archived ones. Returns false if it stays. */
async function takeOff(run: ShardRun, layout: Layout, archived: AggregateRows): Promise<boolean> {
  const { session, aggregate } = run;
  const { number, root } = archived;
  const gone = await durably(run, async () => {
    const before = await lockFencesOf(session, root['bucket'] as number);
    const held = await session.query('SELECT 1 AS held FROM retention_holds WHERE number = ?', [number]);
    const [now] = await readAggregatesOf(session, layout, carriedSource(aggregate), [number]);
    if (held.length > 0 || now === undefined || hashOf(layout, now) !== hashOf(layout, archived))
      return false;
    for (const part of aggregate.parts) await deleteRows(session, part.carriedIn, [number]);
    await writeRanges(session, before, rangesWithout(before, number));
    return true;
  });
  if (!gone && run.archive !== undefined) {
    const at = new Date(await readClock(session)).toISOString();
    await putMark(run.archive.store, { number, kind: 'restored', at });
  }
  return gone;
}

/**
 * Returns the fences of a bucket once a number has ended: joins the number's own fence with those around it. If these say
 * that the numbers around live on another shard, the number came from there. Then its own fence stays, as expired, until that
 * shard knows.
 */
function rangesWithout(ranges: readonly FenceRange[], number: bigint): readonly FenceRange[] {
  const joined = withoutOwnRange(ranges, number);
  const around = joined.find(({ from, to }) => from <= number && number < to);
  if (around?.state === 'owned') return joined;
  const gone = number + 1n;
  return withOwnRange(ranges, number, { state: 'owned', writableFrom: gone, readableFrom: gone });
}
