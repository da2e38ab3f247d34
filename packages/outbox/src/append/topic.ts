import { EVENT_TOPICS } from '@ordershard/order-events';
import { murmur32 } from '@ordershard/shard-router';

/** A topic with its own outbox tables, so that its lag does not depend on other topics. */
export interface OutboxTopic {
  /** Key of its row in `outbox_topics`, and what `aggregatetype` holds. */
  readonly name: string;
  /** The Kafka topic, without a cluster's prefix. */
  readonly topic: string;
  /** Into how many tables its outbox is split; must equal what `outbox_topics` says. */
  readonly tables: number;
}

/** Snapshots of orders: the external contract. */
export const ORDERS_TOPIC: OutboxTopic = { name: 'orders', topic: EVENT_TOPICS.snapshots, tables: 4 };

/** The name of one outbox table of a topic, `index` in [0, topic.tables). */
export function outboxTable(topic: OutboxTopic, index: number): string {
  return `outbox_${topic.name}_${index}`;
}

/** All outbox tables of a topic. */
export function outboxTablesOf(topic: OutboxTopic): string[] {
  return Array.from({ length: topic.tables }, (_, index) => outboxTable(topic, index));
}

/**
 * Returns the outbox table of one aggregate: always the same one, so that one relay sees its events in their order. The upper
 * half of the hash chooses the table, because the lower half has chosen the bucket, and with it the shard. Otherwise each
 * shard would use only some of its tables.
 */
export function outboxTableOf(topic: OutboxTopic, aggregateId: string): string {
  return outboxTable(topic, (murmur32(aggregateId) >>> 16) % topic.tables);
}
