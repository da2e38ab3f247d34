import { DuplicateRowError, type ShardSession } from '@ordershard/shard-router';

/** Creates the lease row of a table, free and with nothing published, unless it exists. Locks the new row only. */
export async function insertRelay(session: ShardSession, table: string): Promise<void> {
  try {
    await session.execute(
      `INSERT INTO outbox_relays (table_name, holder, token, leased_until, settled_id, gaps)
       VALUES (?, '', 0, '2000-01-01', 0, '[]')`,
      [table],
    );
  } catch (error) {
    if (!(error instanceof DuplicateRowError)) throw error;
  }
}
