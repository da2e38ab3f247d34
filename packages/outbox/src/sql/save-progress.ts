import type { ShardSession } from '@ordershard/shard-router';
import type { LeaseTicket } from './renew-lease.ts';

/**
 * Stores how far a table is published. False, and nothing stored, when another has taken the lease since: its token is
 * higher. Locks the one row, by primary key.
 */
export async function saveProgress(
  session: ShardSession,
  { table, holder, token }: LeaseTicket,
  settledId: bigint,
  gaps: string,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays SET settled_id = ?, gaps = ? WHERE table_name = ? AND holder = ? AND token = ?`,
    [settledId, gaps, table, holder, token],
  );
  return affectedRows === 1;
}
