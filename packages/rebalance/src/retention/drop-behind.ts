import type { ShardSession, TableRegistration } from '@ordershard/shard-router';
import {
  countInPartition,
  dropPartition,
  limitLockWait,
  listPartitions,
  readClock,
} from '../sql/partitions.ts';
import { raiseFences } from '../sql/raise-fences.ts';
import { countUnsettled, highestId, settledUpTo } from '../sql/settled.ts';
import { type Day, dayOf, dayOfPartition, isoDay, partitionOfDay } from './days.ts';
import { type PartitionChanges, retryLockWait } from './make-ahead.ts';

/** How long rows stay, in UTC days. */
export interface RetentionDays {
  /** For tables partitioned by number. */
  readonly rows: number;
  /** For outbox tables, whose rows stay after they are relayed so that they can be published again. */
  readonly outbox: number;
}

export const DEFAULT_RETENTION: RetentionDays = { rows: 30, outbox: 7 };

/** What was dropped on a shard, and why a day that is past its time was not. */
export interface DropReport {
  readonly dropped: PartitionChanges;
  readonly kept: readonly string[];
}

/**
 * Drops the daily partitions that are past their retention by the shard's own clock. A day stays as long as a row in it
 * is not final or has an event that was not relayed; days above it then stay as well. Before rows go, the fences are
 * raised, so that a late write is refused by type.
 */
export async function dropPartitionsBehind(
  session: ShardSession,
  tables: readonly TableRegistration[],
  retention: RetentionDays = DEFAULT_RETENTION,
): Promise<DropReport> {
  await limitLockWait(session);
  const today = dayOf(await readClock(session));
  const dropped: Record<string, string[]> = {};
  const drop = async (table: string, partition: string) => {
    await retryLockWait(() => dropPartition(session, table, partition));
    (dropped[table] ??= []).push(partition);
  };
  const kept: string[] = [];
  for (const { table, outbox } of tables) {
    if (outbox !== true) continue;
    const why = await dropOutboxDays(session, table, today - retention.outbox, drop);
    if (why !== undefined) kept.push(why);
  }
  const why = await dropNumberDays(session, tables, today - retention.rows, drop);
  if (why !== undefined) kept.push(why);
  return { dropped, kept };
}

type Drop = (table: string, partition: string) => Promise<void>;

/** The days before `before` of which a table has a partition, oldest first. */
async function daysBefore(session: ShardSession, table: string, before: Day): Promise<readonly Day[]> {
  const partitions = await listPartitions(session, table);
  return partitions
    .map(({ name }) => dayOfPartition(name))
    .filter((day) => day !== undefined && day < before) as Day[];
}

async function dropOutboxDays(
  session: ShardSession,
  table: string,
  before: Day,
  drop: Drop,
): Promise<string | undefined> {
  for (const day of await daysBefore(session, table, before)) {
    const { name } = partitionOfDay('day', day);
    const settled = await settledUpTo(session, table);
    const highest = await highestId(session, table, name);
    if (highest > 0n && (settled.gaps || highest > settled.id))
      return `${table} ${isoDay(day)}: rows that are not relayed`;
    await drop(table, name);
  }
  return undefined;
}

async function dropNumberDays(
  session: ShardSession,
  tables: readonly TableRegistration[],
  before: Day,
  drop: Drop,
): Promise<string | undefined> {
  const byNumber = tables.filter(({ partitionedBy }) => partitionedBy === 'number');
  const days = new Set(
    (await Promise.all(byNumber.map(({ table }) => daysBefore(session, table, before)))).flat(),
  );
  for (const day of [...days].toSorted((a, b) => a - b)) {
    const { name, bound } = partitionOfDay('number', day);
    const present: TableRegistration[] = [];
    for (const registration of byNumber) {
      const partitions = await listPartitions(session, registration.table);
      if (partitions.some((partition) => partition.name === name)) present.push(registration);
    }
    const why = await whyNotYet(session, tables, present, name, BigInt(bound));
    if (why !== undefined) return `${isoDay(day)}: ${why}`;
    await raiseFences(session, BigInt(bound));
    // Nothing below can be written any more; what was written while the fences rose is seen now.
    const late = await whyNotYet(session, tables, present, name, BigInt(bound));
    if (late !== undefined) return `${isoDay(day)}: ${late}`;
    for (const { table } of present) await drop(table, name);
  }
  return undefined;
}

async function whyNotYet(
  session: ShardSession,
  tables: readonly TableRegistration[],
  present: readonly TableRegistration[],
  partition: string,
  below: bigint,
): Promise<string | undefined> {
  for (const { table, finalWhen } of present) {
    if (finalWhen === undefined) continue;
    const open = await countInPartition(session, table, partition, `NOT (${finalWhen})`);
    if (open > 0n) return `${open} rows of ${table} are not final`;
  }
  for (const { table, outbox } of tables) {
    if (outbox !== true) continue;
    const unsettled = await countUnsettled(session, table, below);
    if (unsettled > 0n) return `${unsettled} rows of ${table} are not relayed`;
  }
  return undefined;
}
