import type { BusMember } from '@ordershard/event-bus';
import type { ShardRouter } from '@ordershard/shard-router';
import { checkInflowChange, type InflowChange, type InflowLimit } from './inflow-change.ts';
import { inflowChanged } from './inflow-event.ts';
import { ShardInflow } from './shard-inflow.ts';

/** What is to be changed, by whom, why and for how long. */
export interface InflowOrder {
  /** `all`, `shop:…` or `region:…`. */
  readonly scope: string;
  /** null lifts. */
  readonly limit: InflowLimit | null;
  readonly by: string;
  readonly reason: string;
  /** Up to 24 hours, milliseconds. */
  readonly forMs: number;
}

export interface InflowParts {
  readonly router: Pick<ShardRouter, 'allShards' | 'liveShards' | 'onShard' | 'drawNumber'>;
  readonly bus: Pick<BusMember, 'publish'>;
  readonly clusterId: string;
  readonly now: () => Date;
}

/**
 * Changes what is let in: stored on the shards with who, what and why, then told to every instance. Instances that the
 * bus does not reach find it on the shards a few seconds later.
 *
 * @throws InvalidInflowError for a limit that cannot be
 * @throws InflowNotStoredError when no shard took it
 * @throws what the bus throws when it is stored, and was told to nobody
 */
export async function changeInflow(
  { router, bus, clusterId, now }: InflowParts,
  order: InflowOrder,
): Promise<InflowChange> {
  // Drawn like an order number: unique, and later than those drawn before.
  const change = changeOf(order, router.drawNumber().toString(), now());
  await new ShardInflow(router).store(change);
  await bus.publish(inflowChanged, { clusterId, change });
  return change;
}

/** Checks what is asked for before anything is connected. Throws {@link InvalidInflowError}. */
export function checkInflowOrder(order: InflowOrder): void {
  changeOf(order, '1', new Date());
}

function changeOf(
  { scope, limit, by, reason, forMs }: InflowOrder,
  revision: string,
  at: Date,
): InflowChange {
  return checkInflowChange({
    revision,
    scope,
    limit,
    by,
    reason,
    at: at.toISOString(),
    until: new Date(at.getTime() + forMs).toISOString(),
  });
}
