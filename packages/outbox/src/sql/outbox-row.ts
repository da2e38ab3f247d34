/** An event as its row holds it. */
export interface OutboxRow {
  readonly id: bigint;
  readonly eventId: string;
  readonly aggregateId: string;
  readonly type: string;
  readonly sequence: number;
  /** JSON text in UTF-8, passed on as it is: converting it to text and back to bytes would cost more than reading it. */
  readonly payload: Buffer;
  readonly traceparent: string | null;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly occurredAt: string;
}

/** The columns of {@link OutboxRow}, of a table that `prefix` names. */
export function outboxColumns(prefix = ''): string {
  const columns = ['id', 'event_id', 'aggregateid', 'type', 'sequence', 'traceparent', 'occurred_at'];
  return [
    ...columns.map((column) => `${prefix}${column}`),
    `CAST(${prefix}payload AS BINARY) AS payload`,
  ].join(', ');
}

/** A row as the driver gives it. */
export interface RawOutboxRow {
  readonly id: string;
  readonly event_id: string;
  readonly aggregateid: string;
  readonly type: string;
  readonly sequence: number;
  readonly payload: Buffer;
  readonly traceparent: string | null;
  readonly occurred_at: string;
}

export function toOutboxRow(row: RawOutboxRow): OutboxRow {
  return {
    id: BigInt(row.id),
    eventId: row.event_id,
    aggregateId: row.aggregateid,
    type: row.type,
    sequence: row.sequence,
    payload: row.payload,
    traceparent: row.traceparent,
    occurredAt: row.occurred_at,
  };
}
