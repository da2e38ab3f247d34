import { type ShardSession, type TableRegistration } from '@ordershard/shard-router';
import { addPartitions, limitLockWait, listPartitions, readClock } from '../sql/partitions.ts';
import { dayOf, missingPartitions } from './days.ts';

/** Days for which partitions are made ahead of the database's clock. */
export const DAYS_AHEAD = 7;

/** How a shard's partitions were changed: names by table. */
export type PartitionChanges = Readonly<Record<string, readonly string[]>>;

/** ALTER TABLE that waits longer than a second for readers is given up, and tried so often. */
const TRIES = 5;

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

/** Runs DDL again while it loses its wait for readers (errno 1205), a few times. */
export async function retryLockWait<T>(ddl: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ddl();
    } catch (error) {
      if ((error as { errno?: number }).errno !== 1205 || attempt === TRIES) throw error;
    }
  }
}
