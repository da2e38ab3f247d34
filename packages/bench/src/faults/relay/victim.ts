/** Relays that run at once. */
export const RELAYS = 3;

/** What a fault is done to. Of faults at the same time, one has the broker, one a shard, and some relays are left alone. */
export type Victim = 'relay' | 'broker' | 'shard';
