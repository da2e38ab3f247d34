import { type ShardConfig, withShardSessions } from '@ordershard/shard-router';

/** Takes every free worker slot of one shard away, so that the next lease is had elsewhere. */
export async function closeFreeSlots(shard: ShardConfig): Promise<void> {
  await withShardSessions([shard], (session) =>
    session.execute(`UPDATE worker_leases SET leased_until = '2100-01-01' WHERE holder = ''`),
  );
}

/** Gives the slots back that {@link closeFreeSlots} took. */
export async function openFreeSlots(shard: ShardConfig): Promise<void> {
  await withShardSessions([shard], (session) =>
    session.execute(`UPDATE worker_leases SET leased_until = '1970-01-02' WHERE holder = ''`),
  );
}

/** Who holds the slot that `holder` held first, and whether that lease has run out. */
export async function slotOf(shard: ShardConfig, holder: string): Promise<number | undefined> {
  const [rows] = await withShardSessions([shard], (session) =>
    session.query<{ slot: number }>('SELECT slot FROM worker_leases WHERE holder = ?', [holder]),
  );
  return rows![0]?.slot;
}
