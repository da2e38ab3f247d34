import type { ShardSession } from '@ordershard/shard-router';
import type { LeaseTicket } from './renew-lease.ts';

/** Ends a lease at once, so that another relay need not wait for it. Locks the one row, by primary key. */
export async function releaseLease(
  session: ShardSession,
  { table, holder, token }: LeaseTicket,
): Promise<void> {
  await session.execute(
    `UPDATE outbox_relays SET leased_until = UTC_TIMESTAMP(3)
      WHERE table_name = ? AND holder = ? AND token = ? AND leased_until > UTC_TIMESTAMP(3)`,
    [table, holder, token],
  );
}
