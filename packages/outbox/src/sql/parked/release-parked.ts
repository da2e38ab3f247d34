import type { ShardSession } from '@ordershard/shard-router';
import { type ParkedFilter, parkedWhere } from './list-parked.ts';

/**
 * Releases parked rows, whole orders at a time: the relay publishes them next. Returns how many. Locks the rows that it
 * changes, reads the whole table, which is small.
 */
export async function releaseParked(
  session: ShardSession,
  filter: ParkedFilter,
  by: string,
): Promise<number> {
  const { sql, values } = parkedWhere(filter);
  const orders = await session.query<{ table_name: string; aggregateid: string }>(
    `SELECT DISTINCT table_name, aggregateid FROM outbox_parked WHERE ${sql} AND state = 'parked'`,
    values,
  );
  let released = 0;
  for (const { table_name, aggregateid } of orders) {
    const { affectedRows } = await session.execute(
      `UPDATE outbox_parked SET state = 'released', changed_by = ?
        WHERE table_name = ? AND aggregateid = ? AND state = 'parked'`,
      [by, table_name, aggregateid],
    );
    released += affectedRows;
  }
  return released;
}
