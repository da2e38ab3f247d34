import type { ShardSession } from '@ordershard/shard-router';

/** Says that a relay is alive, for `ms` milliseconds from now. Locks its one row, by primary key. */
export async function renewMember(session: ShardSession, instance: string, ms: number): Promise<void> {
  await session.execute(
    `INSERT INTO outbox_members (instance, seen_until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND)
     ON DUPLICATE KEY UPDATE seen_until = VALUES(seen_until)`,
    [instance, ms * 1_000],
  );
}
