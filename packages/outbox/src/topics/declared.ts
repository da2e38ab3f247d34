import { busTopic } from '@ordershard/event-bus';
import { deadLetterTopicOf, EVENT_TOPICS, RETRY_STAGES, retryTopicOf } from '@ordershard/order-events';

/** A topic as it should be. */
export interface DeclaredTopic {
  readonly name: string;
  /** Whether its messages have keys: then its number of partitions never changes. */
  readonly keyed: boolean;
  readonly partitions: number;
  readonly replication: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** The settings from which the topics of a cluster are declared. */
export interface TopicSettings {
  readonly topicPrefix: string;
  /** Partitions of the topics of events. */
  readonly partitions: number;
  readonly replication: number;
}

const DAY_MS = 86_400_000;

/** How long messages stay, in days. Dead letters stay longer, so that somebody can look at them. */
const DAYS = { events: 7, deadLetters: 30, bus: 1 } as const;

/** All topics of the product. */
export function declaredTopics({ topicPrefix, partitions, replication }: TopicSettings): DeclaredTopic[] {
  // One replica may be missing: if all were required, the loss of one would stop every write.
  const inSync = { 'min.insync.replicas': String(Math.max(1, replication - 1)) };
  const deleted = (days: number) => ({
    ...inSync,
    'cleanup.policy': 'delete',
    'retention.ms': String(days * DAY_MS),
  });
  const events = { keyed: true, partitions, replication, configs: deleted(DAYS.events) };
  return [
    { name: `${topicPrefix}${EVENT_TOPICS.snapshots}`, ...events },
    { name: `${topicPrefix}${EVENT_TOPICS.events}`, ...events },
    // As many partitions as the topic itself, so that as many consumers can share them. A projector that starts before that
    // topic exists creates these with one partition: the number may grow, since retried messages need no order.
    ...Array.from({ length: RETRY_STAGES }, (_, at) => ({
      name: `${topicPrefix}${retryTopicOf(EVENT_TOPICS.snapshots, at + 1)}`,
      ...events,
      keyed: false,
    })),
    {
      name: `${topicPrefix}${deadLetterTopicOf(EVENT_TOPICS.snapshots)}`,
      keyed: false,
      partitions: 1,
      replication,
      configs: deleted(DAYS.deadLetters),
    },
    // All members see its events in one order, so it has one partition.
    {
      name: busTopic(topicPrefix),
      keyed: true,
      partitions: 1,
      replication,
      configs: deleted(DAYS.bus),
    },
  ];
}
