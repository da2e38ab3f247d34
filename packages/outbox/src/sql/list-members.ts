import type { ShardSession } from '@ordershard/shard-router';

/** The relays that are alive, by the database's clock. Reads the whole small table, no locks. */
export async function listMembers(session: ShardSession): Promise<string[]> {
  const rows = await session.query<{ instance: string }>(
    'SELECT instance FROM outbox_members WHERE seen_until > UTC_TIMESTAMP(3)',
  );
  return rows.map(({ instance }) => instance);
}
