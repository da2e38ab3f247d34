import { type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import { addPartitions, limitLockWait, listPartitions, readClock } from '../sql/partitions.ts';
import { dayOf, missingPartitions } from './days.ts';
import { type Beside, givingWay } from './giving-way.ts';
import { retryLockWait } from './retry-lock-wait.ts';

/** Days for which partitions are made ahead of the database's clock. */
export const DAYS_AHEAD = 7;

/** How a shard's partitions were changed: names by table. */
export type PartitionChanges = Readonly<Record<string, readonly string[]>>;

/**
 * Makes the daily partitions of the tables from yesterday to {@link DAYS_AHEAD} days from now, by the shard's own clock.
 * Safe to run again.
 *
 * @param beside another session, for tables that others work on: writers wait no longer than a moment for it then
 */
export async function makePartitionsAhead(
  session: ShardSession,
  tables: readonly TableRegistration[],
  beside?: Beside,
): Promise<PartitionChanges> {
  await limitLockWait(session);
  const today = dayOf(await readClock(session));
  const made: Record<string, readonly string[]> = {};
  for (const registration of tables) {
    if (registration.partitionedBy === 'nothing') continue;
    const { table } = registration;
    const missing = missingPartitions(
      registration,
      await listPartitions(session, table),
      today - 1,
      today + DAYS_AHEAD,
    );
    if (missing.length === 0) continue;
    const add = () => addPartitions(session, table, missing);
    await retryLockWait(beside === undefined ? add : () => givingWay(session, beside, add));
    made[table] = missing.map(({ name }) => name);
  }
  return made;
}
