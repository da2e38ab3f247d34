import type { Connection as CallbackConnection } from 'mysql2';
import type { Connection } from 'mysql2/promise';

/** An event as its row has it. */
export interface EventRow {
  /** Decimal. */
  readonly id: string;
  readonly event_id: string;
  readonly aggregateid: string;
  readonly type: string;
  readonly sequence: number;
  readonly payload: string;
  readonly traceparent: string | null;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly occurred_at: string;
}

/** The rows of an outbox table in the order of their ids. */
export async function* outboxEvents(connection: Connection, table: string): AsyncGenerator<EventRow> {
  // Only the driver's callback connection, inside the promise connection, yields rows one by one.
  const { connection: callbacks } = connection as unknown as { readonly connection: CallbackConnection };
  const rows = callbacks.query(
    `SELECT id, event_id, aggregateid, type, sequence, payload, traceparent, occurred_at FROM ${table} ORDER BY id`,
  );
  for await (const row of rows.stream({ highWaterMark: 500 })) yield row as EventRow;
}
