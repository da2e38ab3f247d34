import type { ShardSession } from '@ordershard/shard-router';

/** Stores a step of the way back to the embedded relay, if the step before is `before`. Locks the one row, by primary key. */
export async function storeHandback(
  session: ShardSession,
  table: string,
  before: string | null,
  after: string,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays SET handback = ? WHERE table_name = ? AND engine = 'connect' AND handback <=> ?`,
    [after, table, before],
  );
  return affectedRows === 1;
}
