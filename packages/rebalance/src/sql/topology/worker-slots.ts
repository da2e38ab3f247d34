import type { ShardSession } from '@ordershard/shard-router';

/** Keeps the worker slots of a shard that were never leased from being leased for a while. All rows of a small table. */
export async function restWorkerSlots(session: ShardSession, restMs: number): Promise<void> {
  await session.execute(
    `UPDATE worker_leases SET high_water_ms = CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) + ? WHERE high_water_ms = 0`,
    [restMs],
  );
}
