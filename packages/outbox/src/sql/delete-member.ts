import type { ShardSession } from '@ordershard/shard-router';

/** Removes a relay that has ended, and all relays that have not been seen for an hour. Locks these rows. */
export async function deleteMember(session: ShardSession, instance: string): Promise<void> {
  await session.execute(
    'DELETE FROM outbox_members WHERE instance = ? OR seen_until < UTC_TIMESTAMP(3) - INTERVAL 1 HOUR',
    [instance],
  );
}
