import { createLogger, type Logger } from '@ordershard/process';
import type { RouterObserver } from '@ordershard/shard-router';
import type { RelayHealth } from './health.ts';
import { Relay } from './relay.ts';
import type { RelaySettings } from './settings.ts';

/** A relay in the process that writes. It shares the tables with whatever other relays there are. */
export interface EmbeddedRelay {
  /** Looks for news on a shard at once, or on all: something was written. Costs nothing, and may be called at will. */
  wake(shard?: number): void;
  /** Wakes it after each commit, when it is given to a router as one of its observers. */
  readonly observer: RouterObserver;
  readonly health: RelayHealth;
  /** In the format of Prometheus. */
  metrics(): Promise<string>;
  /** Finishes what is being sent, stores the progress, gives the tables free. */
  stop(): Promise<void>;
}

/**
 * Starts a relay inside this process, with connections of its own. What is committed here is published as soon as it can
 * be read, without the pause between two looks.
 *
 * @throws OutboxTablesError when a shard's outbox is split otherwise than in this release
 * @throws TopicPartitionsError when the topic has another number of partitions
 * @throws TopologyError, ShardIdentityError when the shards are not those of the cluster
 */
export async function embedRelay(
  settings: RelaySettings,
  log: Logger = createLogger('relay', 'warn'),
): Promise<EmbeddedRelay> {
  const relay = new Relay(settings, log);
  await relay.start();
  return {
    wake: (shard) => relay.wake(shard),
    observer: {
      transaction: () => ({
        end: ({ shard, outcome }) => {
          if (outcome === 'committed') relay.wake(shard);
        },
      }),
      unitsMerged: (shard) => relay.wake(shard),
    },
    get health() {
      return relay.health;
    },
    metrics: () => relay.metrics(),
    stop: () => relay.stop(),
  };
}
