import { RouterError } from '@ordershard/shard-router';
import { reasonOf, StoppedError } from '../errors.ts';
import { OperationLeaseLostError } from '../lease/errors.ts';
import { listPartitions } from '../sql/partitions.ts';
import { HALF_GONE, noteKept, readDays } from '../sql/retention/retention-days.ts';
import { type Day, dayOf, dayOfPartition, isoDay } from './days.ts';
import { dropDay } from './drop-day.ts';
import { durably, type ShardRun } from './shard-run.ts';

/** The outcome for the days of a shard. */
export interface DaysReport {
  /** Those that are gone, `YYYY-MM-DD`. */
  readonly dropped: string[];
  /** The day that stays, and why. Later days wait for it. */
  readonly kept: { day: string; why: string }[];
}

/** Takes the days before `before` off a shard, oldest first. Stops at the first day that cannot go, whatever the reason. */
export async function dropDays(run: ShardRun, before: Day, { dropped, kept }: DaysReport): Promise<void> {
  for (const day of await daysToDrop(run, before)) {
    try {
      await dropDay(run, day);
      dropped.push(isoDay(day));
    } catch (error) {
      if (isOfShard(error)) throw error;
      const why = reasonOf(error);
      kept.push({ day: isoDay(day), why });
      await durably(run, () => noteKept(run.session, isoDay(day), why));
      await run.tell({ day: isoDay(day), step: 'kept', detail: why });
      return;
    }
  }
}

/** Whether an error is about the whole shard, and not about one day of it. */
function isOfShard(error: unknown): boolean {
  return (
    error instanceof StoppedError || error instanceof OperationLeaseLostError || error instanceof RouterError
  );
}

/** Returns the days before `before` that have a partition, and the days that are half gone; oldest first. */
async function daysToDrop(
  { session, aggregate }: Pick<ShardRun, 'session' | 'aggregate'>,
  before: Day,
): Promise<readonly Day[]> {
  const days = new Set<Day>();
  for (const { table } of aggregate.parts) {
    for (const { name } of await listPartitions(session, table)) {
      const day = dayOfPartition(name);
      if (day !== undefined && day < before) days.add(day);
    }
  }
  for (const { day, step } of await readDays(session))
    if (HALF_GONE.has(step)) days.add(dayOf(Date.parse(`${day}T00:00:00Z`)));
  return [...days].toSorted((a, b) => a - b);
}
