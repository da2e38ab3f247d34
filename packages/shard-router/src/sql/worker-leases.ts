import type { ShardSession } from '../pools/session.ts';

/** The database's Unix time in milliseconds. */
const NOW_MS = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/**
 * A slot whose milliseconds reach further ahead than this was leased by an earlier release, which took the process's clock.
 * Every lease of this release goes by the database's clock.
 */
const MOST_AHEAD_MS = 60_000;

/** Makes the slots of a shard that are not there yet; rows that are there stay as they are. */
export async function insertWorkerSlots(session: ShardSession, slots: number): Promise<void> {
  const rows = Array.from({ length: slots }, (_, slot) => `(${slot}, '', 0, '1970-01-02', 0)`).join(', ');
  await session.execute(
    `INSERT INTO worker_leases (slot, holder, token, leased_until, high_water_ms)
     VALUES ${rows} ON DUPLICATE KEY UPDATE worker_leases.slot = worker_leases.slot`,
  );
}

/** A free slot: the token of its last holder, and the first millisecond that none of its holders has reached. */
export interface FreeSlot {
  readonly slot: number;
  readonly token: string;
  readonly from_ms: string;
  readonly now_ms: string;
}

/**
 * Finds slots whose lease has run out by the database's clock, and whose milliseconds have run out too or lie further ahead
 * than any lease by that clock can have brought them. A scan of a few dozen rows, without locks: taking a slot decides.
 */
export async function findFreeSlots(session: ShardSession): Promise<FreeSlot[]> {
  return session.query<FreeSlot>(
    `SELECT slot, token, LEAST(high_water_ms + 1, ${NOW_MS}) AS from_ms, ${NOW_MS} AS now_ms
       FROM worker_leases
      WHERE leased_until < UTC_TIMESTAMP(3)
        AND (high_water_ms < ${NOW_MS} OR high_water_ms > ${NOW_MS} + ${MOST_AHEAD_MS})
      ORDER BY slot`,
  );
}

/**
 * Takes a slot, unless another process took it since it was found, for `leaseMs` from the database's time on. One row by
 * primary key.
 *
 * @returns the last millisecond of the lease; undefined when another process was quicker
 */
export async function takeSlot(
  session: ShardSession,
  { slot, token }: FreeSlot,
  holder: string,
  leaseMs: number,
): Promise<number | undefined> {
  const { affectedRows, insertId } = await session.execute(
    `UPDATE worker_leases
        SET holder = ?, token = token + 1, leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND,
            high_water_ms = LAST_INSERT_ID(${NOW_MS} + ?)
      WHERE slot = ? AND token = ? AND leased_until < UTC_TIMESTAMP(3)`,
    [holder, leaseMs * 1000, leaseMs, slot, token],
  );
  return affectedRows === 1 ? Number(insertId) : undefined;
}

/**
 * Renews a lease that is still ours and has not run out, and moves the milliseconds that it covers to the database's
 * time plus the lease, never back: renewals can arrive in another order than they were sent. One row by primary key.
 *
 * @returns the last millisecond of the lease; undefined when it is lost
 */
export async function renewSlot(
  session: ShardSession,
  slot: number,
  token: string,
  leaseMs: number,
): Promise<number | undefined> {
  const { affectedRows, insertId } = await session.execute(
    `UPDATE worker_leases
        SET leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND,
            high_water_ms = LAST_INSERT_ID(GREATEST(high_water_ms, ${NOW_MS} + ?))
      WHERE slot = ? AND token = ? AND leased_until > UTC_TIMESTAMP(3)`,
    [leaseMs * 1000, leaseMs, slot, token],
  );
  return affectedRows === 1 ? Number(insertId) : undefined;
}

/**
 * Gives a slot back, with the last millisecond that was really used, which is never above what its lease covered. Whoever
 * takes it next begins above that. One row by primary key.
 */
export async function releaseSlot(
  session: ShardSession,
  slot: number,
  token: string,
  lastMs: number,
): Promise<void> {
  await session.execute(
    `UPDATE worker_leases
        SET holder = '', high_water_ms = LEAST(high_water_ms, ?),
            leased_until = LEAST(leased_until, TIMESTAMP('1970-01-01') + INTERVAL (high_water_ms + 1) * 1000 MICROSECOND)
      WHERE slot = ? AND token = ?`,
    [lastMs, slot, token],
  );
}
