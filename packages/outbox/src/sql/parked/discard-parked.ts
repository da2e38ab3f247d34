import { inTransaction, type ShardSession } from '@ordershard/shard-router';

/**
 * Discards one event that Kafka refused: it is never published, and the rows that wait behind it are released. False when no
 * such event is parked with a reason. Two statements in one transaction, both by index.
 */
export async function discardParked(
  session: ShardSession,
  event: string,
  by: string,
  note: string,
): Promise<boolean> {
  const [row] = await session.query<{ table_name: string; id: string; aggregateid: string }>(
    `SELECT table_name, id, aggregateid FROM outbox_parked
      WHERE event_id = ? AND state = 'parked' AND reason IS NOT NULL`,
    [event],
  );
  if (row === undefined) return false;
  await inTransaction(session, async () => {
    await session.execute(
      `UPDATE outbox_parked SET state = 'discarded', changed_by = ?, note = ? WHERE table_name = ? AND id = ?`,
      [by, note, row.table_name, row.id],
    );
    await session.execute(
      `UPDATE outbox_parked SET state = 'released', changed_by = ?
        WHERE table_name = ? AND aggregateid = ? AND state = 'parked'`,
      [by, row.table_name, row.aggregateid],
    );
  });
  return true;
}
