import type { BusMember } from '@ordershard/event-bus';
import { DuplicateRowError, type ShardRouter } from '@ordershard/shard-router';
import { nextRevision } from '../revision.ts';
import { checkInflowChange, type InflowChange, type InflowLimit } from './inflow-change.ts';
import { inflowChanged } from './inflow-event.ts';
import { ShardInflow } from './shard-inflow.ts';

/** What is to be changed, by whom, why and for how long. */
export interface InflowOrder {
  /** `all`, `shop:…` or `region:…`. */
  readonly scope: string;
  /** null lifts the limit. */
  readonly limit: InflowLimit | null;
  readonly by: string;
  readonly reason: string;
  /** Up to 24 hours, milliseconds. */
  readonly forMs: number;
}

export interface InflowParts {
  readonly router: Pick<ShardRouter, 'allShards' | 'liveShards' | 'onShard'>;
  readonly bus: Pick<BusMember, 'publish'>;
  readonly clusterId: string;
}

/** A change that is stored. */
export interface ChangedInflow {
  readonly change: InflowChange;
  /**
   * Why the bus did not tell the instances; each finds the change on the shards a few seconds later. Undefined when it did.
   */
  readonly notTold: Error | undefined;
}

/** How often a revision is drawn: two operators at once may draw the same one, and the later operator draws again. */
const TRIES = 5;

/**
 * Changes how many orders are let in. Stores the change on the shards with who, what and why, at the time of their clocks and
 * above every change that is there, then tells every instance. Instances that the bus does not reach find it on the shards a
 * few seconds later.
 *
 * @throws InvalidInflowError for a limit that is not valid
 * @throws InflowNotStoredError, ShardUnavailableError when no shard took it
 */
export async function changeInflow(
  { router, bus, clusterId }: InflowParts,
  order: InflowOrder,
): Promise<ChangedInflow> {
  const change = await storeChange(new ShardInflow(router), order);
  const notTold = await bus.publish(inflowChanged, { clusterId, change }).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  return { change, notTold };
}

async function storeChange(store: ShardInflow, order: InflowOrder): Promise<InflowChange> {
  for (let tries = 1; ; tries += 1) {
    const { highest, nowMs } = await store.state();
    const change = changeOf(order, nextRevision(highest).toString(), new Date(nowMs));
    try {
      await store.store(change);
      return change;
    } catch (error) {
      if (!(error instanceof DuplicateRowError) || tries === TRIES) throw error;
    }
  }
}

/** Checks a change before anything is connected. Throws {@link InvalidInflowError}. */
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
