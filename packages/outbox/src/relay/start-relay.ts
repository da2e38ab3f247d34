import { type Logger, type Running, serveHealth } from '@ordershard/process';
import { Relay } from './relay.ts';
import type { RelaySettings } from './settings.ts';

/**
 * Starts a relay of all shards: serves its health, makes sure of the topic, and relays in the background until stopped.
 *
 * @throws OutboxTablesError when a shard's outbox is split otherwise than in this release
 * @throws TopicPartitionsError when the topic has another number of partitions
 * @throws TopologyError, ShardIdentityError when the shards are not those of the cluster
 */
export async function startRelay(settings: RelaySettings, log: Logger): Promise<Running> {
  const relay = new Relay(settings, log);
  const health = await serveHealth(
    { ready: () => relay.health, metrics: () => relay.metrics() },
    settings.healthPort,
    settings.healthHost,
  );
  try {
    await relay.start();
  } catch (error) {
    await health.close();
    throw error;
  }
  return {
    port: health.port,
    stop: async () => {
      await relay.stop();
      await health.close();
    },
  };
}
