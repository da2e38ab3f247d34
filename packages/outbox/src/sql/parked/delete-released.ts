import type { ShardSession } from '@ordershard/shard-router';

/** Removes rows from parking that were released and are now published. Locks them, by primary key. */
export async function deleteReleased(
  session: ShardSession,
  table: string,
  ids: readonly bigint[],
): Promise<void> {
  if (ids.length === 0) return;
  await session.execute(
    `DELETE FROM outbox_parked
      WHERE table_name = ? AND id IN (${ids.map(() => '?').join(', ')}) AND state = 'released'`,
    [table, ...ids],
  );
}
