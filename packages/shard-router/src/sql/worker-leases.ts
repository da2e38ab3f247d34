import type { ShardSession } from '../pools/session.ts';

/** Makes the slots of a shard that are not there yet; rows that are there stay as they are. */
export async function insertWorkerSlots(session: ShardSession, slots: number): Promise<void> {
  const rows = Array.from({ length: slots }, (_, slot) => `(${slot}, '', 0, '1970-01-02', 0)`).join(', ');
  await session.execute(
    `INSERT INTO worker_leases (slot, holder, token, leased_until, high_water_ms)
     VALUES ${rows} ON DUPLICATE KEY UPDATE worker_leases.slot = worker_leases.slot`,
  );
}

/** A free slot: the token its next holder writes, and the millisecond that its holders before could have reached. */
export interface FreeSlot {
  readonly slot: number;
  readonly token: string;
  readonly high_water_ms: string;
  readonly now_ms: string;
}

/**
 * Finds slots whose lease and whose milliseconds have both run out by the database's clock. A scan of a few dozen
 * rows, without locks: taking one decides.
 */
export async function findFreeSlots(session: ShardSession): Promise<FreeSlot[]> {
  return session.query<FreeSlot>(
    `SELECT slot, token, high_water_ms, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now_ms
       FROM worker_leases
      WHERE leased_until < UTC_TIMESTAMP(3) AND high_water_ms < UNIX_TIMESTAMP(NOW(3)) * 1000
      ORDER BY slot`,
  );
}

/** Takes a slot that nobody took since it was found. One row by primary key; false when another was quicker. */
export async function takeSlot(
  session: ShardSession,
  { slot, token }: FreeSlot,
  holder: string,
  leaseMs: number,
  highWaterMs: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE worker_leases
        SET holder = ?, token = token + 1, leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, high_water_ms = ?
      WHERE slot = ? AND token = ? AND leased_until < UTC_TIMESTAMP(3)`,
    [holder, leaseMs * 1000, highWaterMs, slot, token],
  );
  return affectedRows === 1;
}

/**
 * Renews a lease that is still ours and has not run out, and moves the milliseconds that it covers to the database's
 * time plus the lease, never back: renewals can arrive in another order than they were sent. One row by primary key;
 * false when the lease is lost.
 */
export async function renewSlot(
  session: ShardSession,
  slot: number,
  token: string,
  leaseMs: number,
  highWaterMs: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE worker_leases
        SET leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, high_water_ms = GREATEST(high_water_ms, ?)
      WHERE slot = ? AND token = ? AND leased_until > UTC_TIMESTAMP(3)`,
    [leaseMs * 1000, highWaterMs, slot, token],
  );
  return affectedRows === 1;
}

/** Gives a slot back, with the last millisecond that was really used. One row by primary key. */
export async function releaseSlot(
  session: ShardSession,
  slot: number,
  token: string,
  lastMs: number,
): Promise<void> {
  await session.execute(
    `UPDATE worker_leases SET holder = '', leased_until = '1970-01-02', high_water_ms = ? WHERE slot = ? AND token = ?`,
    [lastMs, slot, token],
  );
}
