import type { Statement } from '@ordershard/shard-router';
import { outboxTableOf, type OutboxTopic } from '../append/topic.ts';

export interface NewOutboxRow {
  readonly eventId: string;
  readonly aggregateId: string;
  readonly type: string;
  readonly sequence: number;
  readonly bucket: number;
  /** JSON text. */
  readonly payload: string;
  readonly traceparent: string | null;
  /** RFC 3339 UTC time with milliseconds. */
  readonly occurredAt: string;
}

/**
 * The INSERT of one row into its aggregate's outbox table, with the database's own day and the table's next id.
 * Locks: the new row only; the id is taken outside the transaction and is lost when it rolls back.
 */
export function insertOutboxRow(topic: OutboxTopic, row: NewOutboxRow): Statement {
  return {
    sql: `INSERT INTO ${outboxTableOf(topic, row.aggregateId)}
       (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, traceparent, occurred_at)
     VALUES (UTC_DATE(), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      row.eventId,
      topic.name,
      row.aggregateId,
      row.type,
      row.sequence,
      row.bucket,
      row.payload,
      row.traceparent,
      toDatetime(row.occurredAt),
    ],
  };
}

/** An RFC 3339 time as MySQL's DATETIME(3) text in UTC. Throws a RangeError for what is no time. */
function toDatetime(time: string): string {
  return new Date(time).toISOString().slice(0, 23).replace('T', ' ');
}
