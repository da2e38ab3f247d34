/** What is acknowledged is in the journals of a majority: it outlives a failover, and a power cut of all members. */
export const DURABLE = { w: 'majority', j: true } as const;

/** How long a write may wait for the majority. Milliseconds. */
export const WRITE_LIMIT_MS = 10_000;
