import type { ShardSession } from '@ordershard/shard-router';
import { outboxColumns, type OutboxRow, type RawOutboxRow, toOutboxRow } from '../outbox-row.ts';

/** The rows of an order that were released from parking, in the order of ids. By index, then by primary key. */
export async function readReleased(session: ShardSession, table: string, key: string): Promise<OutboxRow[]> {
  const rows = await session.query<RawOutboxRow>(
    `SELECT ${outboxColumns('o.')}
       FROM outbox_parked p JOIN ${table} o ON o.id = p.id
      WHERE p.table_name = ? AND p.aggregateid = ? AND p.state = 'released'
      ORDER BY o.id`,
    [table, key],
  );
  return rows.map(toOutboxRow);
}
