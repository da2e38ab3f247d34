import { defineRemoteEvent } from '@ordershard/event-bus';
import { z } from 'zod';
import { inflowChangeShape } from './inflow-change.ts';

/** A limit of the inflow was changed. A process that joins the bus later receives the last change of each scope. */
export const inflowChanged = defineRemoteEvent(
  'inflow.changed',
  z.strictObject({ clusterId: z.string().min(1).max(100), change: inflowChangeShape }),
  { stateKey: ({ clusterId, change }) => `${clusterId} ${change.scope}` },
);
