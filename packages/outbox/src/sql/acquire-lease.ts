import type { ShardSession } from '@ordershard/shard-router';

/**
 * Takes a table's lease for `leaseMs` if it has run out, or if the same holder had it before; never for a table that Debezium
 * publishes. The token rises, so the previous holder can store nothing more. Resolves to whether it took the lease. Locks the
 * one row, by primary key.
 */
export async function acquireLease(
  session: ShardSession,
  table: string,
  holder: string,
  leaseMs: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays
        SET holder = ?, token = token + 1, leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE table_name = ? AND engine = 'embedded' AND (leased_until <= UTC_TIMESTAMP(3) OR holder = ?)`,
    [holder, leaseMs * 1_000, table, holder],
  );
  return affectedRows === 1;
}
