import { readClock, type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import { reasonOf } from '../errors.ts';
import { addPartitions, limitLockWait, listPartitions } from '../sql/partitions.ts';
import { alterTable } from './alter-table.ts';
import { type Day, dayOf, missingPartitions } from './days.ts';
import { PartitionsMissingError } from './errors.ts';
import type { Beside } from './giving-way.ts';

/** Days for which partitions are made ahead of the database's clock. */
export const DAYS_AHEAD = 7;

/** How a shard's partitions were changed: names by table. */
export type PartitionChanges = Readonly<Record<string, readonly string[]>>;

/** MySQL's errors when another session has made the partition in the meantime. */
const MADE_MEANWHILE = new Set([1493, 1517]);

/**
 * Makes the daily partitions of the tables from yesterday to {@link DAYS_AHEAD} days from now, by the shard's own clock. Safe
 * to run again, and while another process does the same.
 *
 * @param beside another session, for tables that others work on: with it, writers wait only a moment for the DDL
 * @throws PartitionsMissingError when a table did not get its partitions; the other tables did
 */
export async function makePartitionsAhead(
  session: ShardSession,
  tables: readonly TableRegistration[],
  beside?: Beside,
): Promise<PartitionChanges> {
  await limitLockWait(session);
  const today = dayOf(await readClock(session));
  const made: Record<string, readonly string[]> = {};
  const failures = new Map<string, string[]>();
  let cause: unknown;
  for (const registration of tables) {
    try {
      const names = await makeOfTable(session, registration, today, beside);
      if (names.length > 0) made[registration.table] = names;
    } catch (error) {
      cause ??= error;
      const reason = reasonOf(error);
      failures.set(reason, [...(failures.get(reason) ?? []), registration.table]);
    }
  }
  if (failures.size > 0) throw new PartitionsMissingError(failures, made, { cause });
  return made;
}

async function makeOfTable(
  session: ShardSession,
  registration: TableRegistration,
  today: Day,
  beside: Beside | undefined,
): Promise<readonly string[]> {
  const { table, partitionedBy } = registration;
  if (partitionedBy === 'nothing') return [];
  const lacking = async () =>
    missingPartitions(registration, await listPartitions(session, table), today - 1, today + DAYS_AHEAD);
  const missing = await lacking();
  if (missing.length === 0) return [];
  try {
    await alterTable({ session, beside, table, ddl: () => addPartitions(session, table, missing) });
  } catch (error) {
    const { errno = 0 } = error as { errno?: number };
    if (!MADE_MEANWHILE.has(errno) || (await lacking()).length > 0) throw error;
    return [];
  }
  return missing.map(({ name }) => name);
}
