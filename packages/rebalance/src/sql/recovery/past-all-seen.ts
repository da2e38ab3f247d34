import type { ShardSession } from '@ordershard/shard-router';
import { identifier } from '../identifier.ts';

/**
 * Ids that a table leaves out when its shard was restored: more than it can have given since any backup, at 100,000 a second
 * those of four months.
 */
const LEAP = 2n ** 40n;
/** Leases of a worker's slot that may have been taken since a backup. */
const TOKENS = 1_000_000;

/**
 * Makes an outbox table's ids begin above every id that it may ever have given. Touches no row; waits for sessions that use
 * the table.
 */
export async function leapIds(session: ShardSession, table: string): Promise<void> {
  const name = identifier(table);
  const [row] = await session.query<{ highest: string }>(
    `SELECT CAST(COALESCE(MAX(id), 0) AS CHAR) AS highest FROM ${name}`,
  );
  await session.execute(`ALTER TABLE ${name} AUTO_INCREMENT = ${BigInt(row!.highest) + LEAP}`);
}

/**
 * Stops everyone from drawing numbers with a shard's worker slots for a while, longer than a lease that was taken after the
 * backup can still run. Also makes sure that no such lease can be renewed. All rows of a small table.
 */
export async function restAllWorkerSlots(session: ShardSession, restMs: number): Promise<void> {
  await session.execute(
    `UPDATE worker_leases
        SET token = token + ${TOKENS}, holder = '', leased_until = UTC_TIMESTAMP(3),
            high_water_ms = GREATEST(high_water_ms, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) + ?)`,
    [restMs],
  );
}
