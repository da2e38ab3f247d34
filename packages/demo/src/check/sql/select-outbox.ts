import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface OutboxRow extends RowDataPacket {
  readonly id: string | number;
  readonly event_id: string;
  readonly aggregateid: string;
  readonly type: string;
  readonly sequence: number;
  readonly payload: string;
}

/** Into how many tables the outbox of orders is split. */
export async function selectOutboxTables(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT tables FROM outbox_topics WHERE topic = 'orders'`,
  );
  return Number(rows[0]?.['tables']);
}

/** The rows of one outbox table behind id `after`, by id. Range scan of the primary key, without locks. */
export async function selectOutbox(
  connection: Connection,
  table: number,
  after: string,
  limit: number,
): Promise<OutboxRow[]> {
  const [rows] = await connection.query<OutboxRow[]>(
    `SELECT id, event_id, aggregateid, type, sequence, payload
       FROM outbox_orders_${table} WHERE id > CAST(? AS UNSIGNED) ORDER BY id LIMIT ?`,
    [after, limit],
  );
  return rows;
}
