import type { BusMember } from '@ordershard/event-bus';
import type { Logger } from '@ordershard/process';
import type { ShardRouter } from '@ordershard/shard-router';
import type { InflowChange } from './inflow-change.ts';
import { inflowChanged } from './inflow-event.ts';
import type { InflowGate } from './inflow-gate.ts';
import { ShardInflow } from './shard-inflow.ts';

export interface FollowOptions {
  readonly router: Pick<ShardRouter, 'allShards' | 'liveShards' | 'onShard'>;
  /** Undefined in a process that has joined no bus: it then learns of changes from the shards alone. */
  readonly bus: Pick<BusMember, 'on'> | undefined;
  readonly clusterId: string;
  readonly log: Logger;
  /** How often the shards are asked, milliseconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;

/**
 * Keeps a gate up to date: the bus tells of a change at once, and the shards are asked regularly for changes and their time.
 */
export function followInflow(gate: InflowGate, options: FollowOptions): { stop(): Promise<void> } {
  const { router, bus, clusterId, log, everyMs = EVERY_MS } = options;
  const store = new ShardInflow(router);
  const apply = (change: InflowChange) => {
    if (!gate.apply(change)) return;
    const { revision, scope, limit, by, reason, until } = change;
    log.info(
      { revision, scope, limit, by, reason, until },
      limit === null ? 'inflow lifted' : 'inflow limited',
    );
  };
  const unsubscribe = bus?.on(inflowChanged, (event) => {
    if (event.clusterId === clusterId) apply(event.change);
  });
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    try {
      gate.hearTime((await store.state()).nowMs);
      for (const change of await store.last()) apply(change);
    } catch (error) {
      // No shard answers: then no order is placed either.
      log.debug({ reason: (error as Error).message }, 'the limits of the inflow could not be read');
    }
  };
  looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      unsubscribe?.();
      await looking;
    },
  };
}
