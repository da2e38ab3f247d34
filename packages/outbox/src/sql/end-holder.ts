import type { ShardSession } from '@ordershard/shard-router';

/**
 * Invalidates the last holder's token of a table that Debezium publishes, once the lease has run out: that holder can store
 * no more, so the progress is final. False while the lease runs. Locks the one row, by primary key.
 */
export async function endHolder(session: ShardSession, table: string): Promise<boolean> {
  await session.execute(
    `UPDATE outbox_relays SET holder = '', token = token + 1
      WHERE table_name = ? AND engine = 'connect' AND holder <> '' AND leased_until <= UTC_TIMESTAMP(3)`,
    [table],
  );
  const [row] = await session.query<{ holder: string }>(
    'SELECT holder FROM outbox_relays WHERE table_name = ?',
    [table],
  );
  return row?.holder === '';
}
