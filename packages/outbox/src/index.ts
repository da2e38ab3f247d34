export { appendEvent } from './append/append-event.ts';
export {
  ORDERS_TOPIC,
  outboxTable,
  outboxTableOf,
  outboxTablesOf,
  type OutboxTopic,
} from './append/topic.ts';
export { NotInTransactionError, OutboxError } from './errors.ts';
