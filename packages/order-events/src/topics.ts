/** The topics of order events, without a cluster's prefix. */
export const EVENT_TOPICS = {
  /** External: snapshots, the service's contract with others. */
  snapshots: 'orders.snapshots',
  /** Internal: zero-payload events, for consumers that fetch what they need. */
  events: 'orders.events',
} as const;

/** How often a consumer may try a message again at the most, each time after a longer delay: a topic for each. */
export const RETRY_STAGES = 3;

/** The topic of messages of `topic` that wait for their next try. `stage` from 1 to {@link RETRY_STAGES}. */
export function retryTopicOf(topic: string, stage: number): string {
  return `${topic}.retry.${stage}`;
}

/** The topic of messages of `topic` that are not tried again by themselves. */
export function deadLetterTopicOf(topic: string): string {
  return `${topic}.dlq`;
}
