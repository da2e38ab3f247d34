import type { ShardSession } from '@ordershard/shard-router';

/** Into how many tables a shard's database says that a topic's outbox is split. A read by primary key, no locks. */
export async function readOutboxTables(session: ShardSession, topic: string): Promise<number | undefined> {
  const [row] = await session.query<{ tables: number }>('SELECT tables FROM outbox_topics WHERE topic = ?', [
    topic,
  ]);
  return row?.tables;
}
