import type { ShardSession } from '@ordershard/shard-router';
import { outboxColumns, type OutboxRow, type RawOutboxRow, toOutboxRow } from '../outbox-row.ts';

/**
 * Returns the first rows of an order that were released from parking, `limit` at the most, in the order of ids; with `below`,
 * only rows below that id. By index, then by primary key.
 */
export async function readReleased(
  session: ShardSession,
  table: string,
  key: string,
  below: bigint | undefined,
  limit: number,
): Promise<OutboxRow[]> {
  const rows = await session.query<RawOutboxRow>(
    `SELECT ${outboxColumns('o.')}
       FROM outbox_parked p JOIN ${table} o ON o.id = p.id
      WHERE p.table_name = ? AND p.aggregateid = ? AND p.state = 'released' AND p.id < COALESCE(?, ~0)
      ORDER BY p.id LIMIT ?`,
    [table, key, below ?? null, limit],
  );
  return rows.map(toOutboxRow);
}
