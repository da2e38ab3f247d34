import type { ShardSession } from '@ordershard/shard-router';

/** Whose lease it is, and since which change of holder. */
export interface LeaseTicket {
  readonly table: string;
  readonly holder: string;
  readonly token: bigint;
}

/**
 * Renews a lease that still runs. False when it has run out, another relay has it, or Debezium takes over. Locks the one row,
 * by primary key.
 */
export async function renewLease(
  session: ShardSession,
  ticket: LeaseTicket,
  leaseMs: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays
        SET leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE table_name = ? AND engine = 'embedded' AND holder = ? AND token = ? AND leased_until > UTC_TIMESTAMP(3)`,
    [leaseMs * 1_000, ticket.table, ticket.holder, ticket.token],
  );
  return affectedRows === 1;
}
