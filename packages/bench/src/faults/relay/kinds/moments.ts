import type { Moment } from '../relay-slot.ts';

/** When a fault is done to a relay: mostly with a batch in its hands. */
export const MOMENTS: readonly Moment[] = ['it reads', 'it sends', 'it sends', 'any'];
