/** The topics of order events, without a cluster's prefix. */
export const EVENT_TOPICS = {
  /** External: snapshots, the service's contract with others. */
  snapshots: 'orders.snapshots',
  /** Internal: zero-payload events, for whoever fetches what it needs. */
  events: 'orders.events',
} as const;
