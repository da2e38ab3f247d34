import type { ShardSession } from '@ordershard/shard-router';

/** A parked event whose outbox row no longer exists. */
export interface GoneEvent {
  readonly id: string;
  readonly order: string;
  readonly event: string;
}

/**
 * Discards parked events whose rows are gone from an outbox table, by erasure or by hand, and returns them: there is nothing
 * to publish, and their orders go on. Reads the parked rows of the table, each with a look at its primary key; locks the rows
 * that it changes.
 */
export async function discardGone(session: ShardSession, table: string): Promise<GoneEvent[]> {
  const gone = await session.query<{ id: string; aggregateid: string; event_id: string }>(
    `SELECT CAST(p.id AS CHAR) AS id, p.aggregateid, p.event_id
       FROM outbox_parked p LEFT JOIN ${table} o ON o.id = p.id
      WHERE p.table_name = ? AND p.state <> 'discarded' AND o.id IS NULL`,
    [table],
  );
  for (const { id } of gone)
    await session.execute(
      `UPDATE outbox_parked SET state = 'discarded', changed_by = 'relay', note = 'its row in the outbox is gone'
        WHERE table_name = ? AND id = ?`,
      [table, id],
    );
  return gone.map(({ id, aggregateid, event_id }) => ({ id, order: aggregateid, event: event_id }));
}
