import { readClock, type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import { dayOf, dayOfPartition, isoDay } from '../retention/days.ts';
import { listPartitions } from '../sql/partitions.ts';

/** How far ahead the partitions of a shard reach. */
export interface PartitionsAhead {
  readonly shard: number;
  /** Whole UTC days after today that every table has a partition for; -1 when one lacks that of today. */
  readonly days: number;
  /** The last day for which every table has one, `YYYY-MM-DD`; undefined when a table has none at all. */
  readonly until: string | undefined;
  /** The tables whose partitions reach no further than that. */
  readonly tables: readonly string[];
}

/** Reads how far ahead the daily partitions reach, by the shard's own clock: from the data dictionary, without a lock. */
export async function readPartitionsAhead(
  session: ShardSession,
  tables: readonly TableRegistration[],
): Promise<PartitionsAhead> {
  const today = dayOf(await readClock(session));
  const newest = new Map<string, number>();
  for (const { table, partitionedBy } of tables) {
    if (partitionedBy === 'nothing') continue;
    const days = (await listPartitions(session, table)).map(({ name }) => dayOfPartition(name));
    newest.set(table, days.findLast((day) => day !== undefined) ?? Number.NEGATIVE_INFINITY);
  }
  const least = Math.min(...newest.values());
  return {
    shard: session.shard,
    days: Math.max(-1, Math.min(least - today, MAX_DAYS)),
    until: Number.isFinite(least) ? isoDay(least) : undefined,
    tables: [...newest].filter(([, day]) => day === least).map(([table]) => table),
  };
}

/** What is further ahead is told as this. */
const MAX_DAYS = 36_500;
