import { createLogger, type Logger } from '@ordershard/process';
import type { RouterObserver } from '@ordershard/shard-router';
import type { RelayHealth } from './health.ts';
import { Relay } from './relay.ts';
import type { RelaySettings } from './settings.ts';

/** A relay inside the process that writes. It shares the tables with all other relays that run. */
export interface EmbeddedRelay {
  /**
   * Looks for new rows at once, on one shard or on all, because something was written. It costs nothing; call it at any time.
   */
  wake(shard?: number): void;
  /** Wakes the relay after each commit. Give it to a router as one of its observers. */
  readonly observer: RouterObserver;
  readonly health: RelayHealth;
  /** In the format of Prometheus. */
  metrics(): Promise<string>;
  /** Finishes the sends in progress, stores the progress, and releases the tables. */
  stop(): Promise<void>;
}

/**
 * Starts a relay inside this process, with its own connections. It publishes rows that this process commits as soon as it can
 * read them, without the pause between two looks.
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
