import type { ShardSession, TableRegistration } from '@ordershard/shard-router';
import { dayOfPartition, detachedTable, isoDay } from '../retention/days.ts';
import { listPartitions, type Partition } from '../sql/partitions.ts';
import { existingTables } from '../sql/retention/detach.ts';
import { type DayRow, HALF_GONE, readDays } from '../sql/retention/retention-days.ts';
import { DayLeavingError } from './errors.ts';
import type { MoveCluster } from './move-options.ts';
import type { BucketMove } from './move-plan.ts';

/**
 * Refuses moves of numbers while a day is half gone from a shard that takes part: the day's archive would no longer match
 * what the shard owns, and the shard's tables would differ from those of the other shards. Also refuses a move when a day has
 * gone from the target but not from the source: the move would bring that day to the target a second time.
 *
 * @throws DayLeavingError
 */
export async function checkDays(
  { onShard, tables }: MoveCluster,
  moves: readonly Pick<BucketMove, 'kind' | 'from' | 'to'>[],
): Promise<void> {
  const moving = moves.filter(({ kind }) => kind === 'numbers');
  const daily = tables.filter(({ partitionedBy, moves: how }) => partitionedBy === 'number' && how);
  const gone = new Map<number, ReadonlySet<string>>();
  for (const shard of new Set(moving.flatMap(({ from, to }) => [from, to]))) {
    const { days, leaving } = await onShard(shard, async (session) => {
      const all = await readDays(session);
      return { days: all, leaving: await findLeaving(session, all, daily) };
    });
    if (leaving !== undefined)
      throw new DayLeavingError(
        `shard ${shard}: day ${leaving} is on its way out and not gone yet: run retention to its end first`,
      );
    gone.set(shard, new Set(days.filter(({ step }) => step === 'dropped').map(({ day }) => day)));
  }
  for (const [from, some] of Map.groupBy(moving, (move) => move.from)) {
    const partitions = await onShard(from, async (session) => {
      const found: Partition[] = [];
      for (const { table } of daily) found.push(...(await listPartitions(session, table)));
      return found;
    });
    for (const to of new Set(some.map((move) => move.to))) {
      const day = partitions.map(dayText).find((text) => text !== undefined && gone.get(to)!.has(text));
      if (day !== undefined)
        throw new DayLeavingError(
          `day ${day} has gone from shard ${to}, and not from shard ${from}: run retention there first`,
        );
    }
  }
}

/**
 * Returns a day that is archived but not gone, or one that is closing and already has its detached tables. Retention archives
 * such a day from these tables and drops it with them.
 */
async function findLeaving(
  session: ShardSession,
  days: readonly DayRow[],
  daily: readonly TableRegistration[],
): Promise<string | undefined> {
  const half = days.find(({ step }) => HALF_GONE.has(step));
  if (half !== undefined) return half.day;
  const closing = days.filter(({ step }) => step === 'closing');
  if (closing.length === 0) return undefined;
  const dayOfTable = new Map(
    closing.flatMap(({ day }) => daily.map(({ table }) => [detachedTable(table, day), day] as const)),
  );
  const [table] = await existingTables(session, [...dayOfTable.keys()]);
  return table === undefined ? undefined : dayOfTable.get(table);
}

/** Returns the partitions, without those of days that retention has taken past the step `closing`. */
export async function withoutGoneDays(
  session: ShardSession,
  partitions: readonly Partition[],
): Promise<readonly Partition[]> {
  const gone = new Set(
    (await readDays(session)).filter(({ step }) => step !== 'closing').map(({ day }) => day),
  );
  return partitions.filter((partition) => !gone.has(dayText(partition) ?? ''));
}

/** `YYYY-MM-DD`; undefined for a partition of more than a day. */
function dayText({ name }: Partition): string | undefined {
  const day = dayOfPartition(name);
  return day === undefined ? undefined : isoDay(day);
}
