import { TABLES } from '@ordershard/order-service';
import { type ShardConfig, withShardSessions } from '@ordershard/shard-router';

/** Notes all events as published, as a relay that has published them does. */
export async function settle(shards: readonly ShardConfig[]): Promise<void> {
  await withShardSessions(shards, async (session) => {
    for (const { table } of TABLES.filter(({ outbox }) => outbox === true)) {
      await session.execute(
        `INSERT INTO outbox_relays (table_name, holder, token, leased_until, settled_id, gaps)
         SELECT ?, '', 1, '1970-01-02', COALESCE(MAX(id), 0), '[]' FROM ${table}
         ON DUPLICATE KEY UPDATE settled_id = (SELECT COALESCE(MAX(id), 0) FROM ${table})`,
        [table],
      );
    }
  });
}
