import { numbersOfDay, type TableRegistration } from '@ordershard/shard-router';
import type { Partition } from '../sql/partitions.ts';

const DAY_MS = 86_400_000;

/** A UTC day: whole days since 1970-01-01. */
export type Day = number;

/** The UTC day of a Unix time in milliseconds. */
export function dayOf(timeMs: number): Day {
  return Math.floor(timeMs / DAY_MS);
}

/** The day as `YYYY-MM-DD`. */
export function isoDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** What {@link isDay} asks for, for people. */
export const DAY_FORMAT = 'a day is YYYY-MM-DD, and one that the calendar has';

/** Whether a text is a UTC day as {@link isoDay} writes it. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && isoDay(dayOf(ms)) === text;
}

/** The partition that holds a day's rows of a table, and nothing later. */
export function partitionOfDay(partitionedBy: 'number' | 'day', day: Day): Partition {
  const name = `p${isoDay(day).replaceAll('-', '')}`;
  const bound =
    partitionedBy === 'number' ? numbersOfDay(day * DAY_MS).next.toString() : `'${isoDay(day + 1)}'`;
  return { name, bound };
}

/**
 * Returns the name of the detached table: a day's rows of `table` lie in it, and are dropped with it. @param day `YYYY-MM-DD`
 */
export function detachedTable(table: string, day: string): string {
  return `${table}_p${day.replaceAll('-', '')}`;
}

/** The day of a partition that {@link partitionOfDay} named; nothing for any other partition. */
export function dayOfPartition(name: string): Day | undefined {
  const match = /^p(\d{4})(\d{2})(\d{2})$/.exec(name);
  return match === null
    ? undefined
    : dayOf(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
}

/**
 * Returns the partitions that a table lacks for the days from `from` to `until`. New partitions can only be added above the
 * highest, so a day below it stays in the partition that covers it.
 */
export function missingPartitions(
  { partitionedBy }: TableRegistration,
  present: readonly Partition[],
  from: Day,
  until: Day,
): readonly Partition[] {
  if (partitionedBy === 'nothing') return [];
  const newest = present.map(({ name }) => dayOfPartition(name)).findLast((day) => day !== undefined);
  const first = newest === undefined ? from : newest + 1;
  return Array.from({ length: Math.max(0, until - first + 1) }, (_, i) =>
    partitionOfDay(partitionedBy, first + i),
  );
}
