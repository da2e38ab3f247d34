import type { Sources } from '../archive/read-aggregates.ts';
import { rowsOf } from '../sql/aggregate-rows.ts';
import { dropPartition, listPartitions } from '../sql/partitions.ts';
import {
  createLike,
  dropTables,
  exchangePartition,
  existingTables,
  isPartitioned,
  removePartitioning,
} from '../sql/retention/detach.ts';
import { hasRows } from '../sql/retention/has-rows.ts';
import { detachedTable } from './days.ts';
import { DayKeptError } from './errors.ts';
import { altering, type ShardRun } from './shard-run.ts';

/** A day on its way off a shard. */
export interface Leaving {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly partition: string;
  /** Its numbers: [from, to). */
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * MySQL's errors when a partition and a table have different formats on the disk. A column that was added or dropped
 * instantly makes a table so for good: then no new table can be made that is like it.
 */
const NOT_ALIKE = new Set([1731, 1736]);

/** Finds where a day's rows lie: in its partitions, or in tables of their own. */
export async function sourcesOf({ session, aggregate }: ShardRun, leaving: Leaving): Promise<Sources> {
  const sources = new Map<string, string>();
  for (const { table } of aggregate.parts) {
    const partitions = await listPartitions(session, table);
    const there = partitions.some(({ name }) => name === leaving.partition);
    const [partition, own] = [rowsOf(table, leaving.partition), detachedTable(table, leaving.day)];
    const moved =
      !there || ((await existingTables(session, [own])).has(own) && !(await hasRows(session, partition)));
    sources.set(table, moved ? rowsOf(own) : partition);
  }
  return (table) => sources.get(table)!;
}

/** Creates the empty tables that a day's partitions will be exchanged for. Does so early, because this takes longest. */
export async function makeOwnTables(run: ShardRun, leaving: Leaving): Promise<void> {
  const { session, aggregate } = run;
  for (const { table } of aggregate.parts) {
    if (!(await hasPartition(run, table, leaving))) continue;
    const own = detachedTable(table, leaving.day);
    if (!(await existingTables(session, [own])).has(own))
      await altering(run, table, () => createLike(session, own, table));
    if (await isPartitioned(session, own)) await altering(run, own, () => removePartitioning(session, own));
  }
}

async function hasPartition({ session }: ShardRun, table: string, { partition }: Leaving): Promise<boolean> {
  return (await listPartitions(session, table)).some(({ name }) => name === partition);
}

/**
 * Exchanges a day's partitions for tables of their own, and drops the partitions, which are empty then. A partition that
 * cannot be exchanged stays, with its rows; they are dropped together in the end. Returns whether there is such a partition.
 */
export async function detach(run: ShardRun, leaving: Leaving): Promise<boolean> {
  const { session, aggregate } = run;
  let stays = false;
  for (const { table } of aggregate.parts) {
    if (!(await hasPartition(run, table, leaving))) continue;
    const own = detachedTable(table, leaving.day);
    if (await hasRows(session, rowsOf(table, leaving.partition))) {
      if (await hasRows(session, rowsOf(own)))
        throw new DayKeptError(`rows were written into ${table} after its day was exchanged for ${own}`);
      if (!(await exchange(run, table, leaving.partition, own))) {
        stays = true;
        continue;
      }
      await run.tell({ day: leaving.day, step: 'exchanged', detail: table });
    }
    await altering(run, table, () => dropPartition(session, table, leaving.partition));
  }
  return stays;
}

/** Exchanges a partition for an empty table. Returns false when the two are not alike. */
async function exchange(run: ShardRun, table: string, partition: string, own: string): Promise<boolean> {
  try {
    await altering(run, table, () => exchangePartition(run.session, table, partition, own));
    return true;
  } catch (error) {
    if (NOT_ALIKE.has((error as { errno?: number }).errno ?? 0)) return false;
    throw error;
  }
}

/** Returns whether some of a day's tables are gone. They are dropped only after it was proved that all may go. */
export async function isCut(run: ShardRun, leaving: Leaving): Promise<boolean> {
  for (const { table } of run.aggregate.parts) {
    const own = detachedTable(table, leaving.day);
    if (await hasPartition(run, table, leaving)) continue;
    if (!(await existingTables(run.session, [own])).has(own)) return true;
  }
  return false;
}

/** Drops a day's rows, wherever they lie. */
export async function dropRows(run: ShardRun, leaving: Leaving): Promise<void> {
  const { session, aggregate } = run;
  for (const { table } of aggregate.parts) {
    if (await hasPartition(run, table, leaving))
      await altering(run, table, () => dropPartition(session, table, leaving.partition));
  }
  const own = aggregate.parts.map(({ table }) => detachedTable(table, leaving.day));
  await altering(run, own[0]!, () => dropTables(session, own));
}
