import type { ShardSession } from '@ordershard/shard-router';
import type { OutboxTopic } from '../append/topic.ts';
import { OutboxTablesError } from '../errors.ts';
import { readOutboxTables } from '../sql/read-outbox-topics.ts';

/** Throws {@link OutboxTablesError} unless the shard splits the topic's outbox into as many tables as the code. */
export async function checkTables(session: ShardSession, topic: OutboxTopic): Promise<void> {
  const tables = await readOutboxTables(session, topic.name);
  if (tables === topic.tables) return;
  throw new OutboxTablesError(
    `shard ${session.shard}: the outbox of ${topic.name} has ${tables ?? 'no'} tables there and ${topic.tables} in this release`,
  );
}
