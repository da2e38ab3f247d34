import { defineRemoteEvent } from '@ordershard/event-bus';
import { z } from 'zod';
import { inflowChangeShape } from './inflow-change.ts';

/** What is let in was changed. The last change of each scope is told to who joins later. */
export const inflowChanged = defineRemoteEvent(
  'inflow.changed',
  z.strictObject({ clusterId: z.string().min(1).max(100), change: inflowChangeShape }),
  { stateKey: ({ clusterId, change }) => `${clusterId} ${change.scope}` },
);
