import { type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import { addPartitions, limitLockWait, listPartitions, readClock } from '../sql/partitions.ts';
import { dayOf, missingPartitions } from './days.ts';
import { retryLockWait } from './retry-lock-wait.ts';

/** Days for which partitions are made ahead of the database's clock. */
export const DAYS_AHEAD = 7;

/** How a shard's partitions were changed: names by table. */
export type PartitionChanges = Readonly<Record<string, readonly string[]>>;

/**
 * Makes the daily partitions of the tables from yesterday to {@link DAYS_AHEAD} days from now, by the shard's own clock.
 * Safe to run again.
 */
export async function makePartitionsAhead(
  session: ShardSession,
  tables: readonly TableRegistration[],
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
    await retryLockWait(() => addPartitions(session, table, missing));
    made[table] = missing.map(({ name }) => name);
  }
  return made;
}
