import type { ShardSession } from '@ordershard/shard-router';

/**
 * Makes Debezium the engine of a table, unless it is already or, without `takeOver`, while a relay's lease runs. From then on
 * that lease is not renewed. Resolves to whether it changed the engine. Locks the one row, by primary key.
 */
export async function claimForConnect(
  session: ShardSession,
  table: string,
  connector: string,
  takeOver: boolean,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE outbox_relays SET engine = 'connect', connector = ?
      WHERE table_name = ? AND engine = 'embedded' AND (? OR leased_until <= UTC_TIMESTAMP(3))`,
    [connector, table, takeOver],
  );
  return affectedRows === 1;
}
