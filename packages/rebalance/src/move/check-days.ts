import type { ShardSession } from '@ordershard/shard-router';
import { dayOfPartition, isoDay } from '../retention/days.ts';
import { listPartitions, type Partition } from '../sql/partitions.ts';
import { readDays } from '../sql/retention/retention-days.ts';
import { DayLeavingError } from './errors.ts';
import type { MoveCluster } from './move-options.ts';
import type { BucketMove } from './move-plan.ts';

/**
 * Refuses moves of numbers while a day is half gone from a shard that takes part: what its archive has would no longer be
 * what it owns. And where a day has gone from the target, and not from the source: it would be there a second time.
 *
 * @throws DayLeavingError
 */
export async function checkDays(
  { onShard, tables }: MoveCluster,
  moves: readonly Pick<BucketMove, 'kind' | 'from' | 'to'>[],
): Promise<void> {
  const moving = moves.filter(({ kind }) => kind === 'numbers');
  const gone = new Map<number, ReadonlySet<string>>();
  for (const shard of new Set(moving.flatMap(({ from, to }) => [from, to]))) {
    const days = await onShard(shard, (session) => readDays(session));
    const half = days.find(({ step }) => step === 'archived' || step === 'detached');
    if (half !== undefined)
      throw new DayLeavingError(
        `shard ${shard}: day ${half.day} is archived and not gone yet: run retention to its end first`,
      );
    gone.set(shard, new Set(days.filter(({ step }) => step === 'dropped').map(({ day }) => day)));
  }
  const daily = tables.filter(({ partitionedBy, moves: how }) => partitionedBy === 'number' && how);
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

/** Those of some partitions whose day has not left a shard. */
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
