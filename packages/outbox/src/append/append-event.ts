import type { EncodedEvent } from '@ordershard/order-events';
import type { ShardTransaction, Statement } from '@ordershard/shard-router';
import { NotInTransactionError } from '../errors.ts';
import { insertOutboxRow } from '../sql/insert-outbox-row.ts';
import type { OutboxTopic } from './topic.ts';

/** The form of a traceparent of W3C Trace Context. The standard tells receivers to ignore any other text. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Appends an event to the outbox in the transaction that changes its order, so that both are committed or neither.
 * One INSERT; the event's `source` is not stored, since the relay knows its cluster. A malformed `traceparent` is
 * left out.
 *
 * @throws NotInTransactionError for a handle that is no transaction, whose transaction is over, or that is of another
 * order than the event's
 */
export async function appendEvent(
  tx: ShardTransaction,
  topic: OutboxTopic,
  event: EncodedEvent,
): Promise<void> {
  // The type checker stops callers with another handle, but JavaScript callers and casts can get here.
  if (typeof tx?.number !== 'bigint' || typeof tx.bucket !== 'number') {
    throw new NotInTransactionError('an event is only appended in a transaction of its order');
  }
  if (!tx.open) throw new NotInTransactionError(`the transaction of order ${tx.number} is over`);
  if (tx.number.toString() !== event.subject) {
    throw new NotInTransactionError(
      `the event is of order ${event.subject}, the transaction of ${tx.number}`,
    );
  }
  const { sql, values } = eventInsert(topic, event, tx.bucket);
  await tx.execute(sql, values);
}

/**
 * The INSERT that appends an event to the outbox, for a unit of work that changes its order. A malformed `traceparent`
 * is left out.
 *
 * @param bucket of the order's number
 */
export function eventInsert(topic: OutboxTopic, event: EncodedEvent, bucket: number): Statement {
  const { traceparent } = event;
  return insertOutboxRow(topic, {
    eventId: event.id,
    aggregateId: event.subject,
    type: event.type,
    sequence: event.sequence,
    bucket,
    payload: event.json,
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : null,
    occurredAt: event.time,
  });
}
