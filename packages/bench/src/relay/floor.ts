import { fileURLToPath } from 'node:url';
import { applyTopic, ORDERS_TOPIC } from '@ordershard/outbox';
import { startProcess } from '@ordershard/stack';
import { PARTITIONS, type RelayContender } from './contender.ts';

const PROCESS = fileURLToPath(new URL('floor-process.ts', import.meta.url));

/** A loop of select, produce and settle for each table, one process for all, written by hand. */
export const floor: RelayContender = {
  name: 'floor',
  start: async ({ scene, prefix, places }) => {
    const topic = `${prefix}${ORDERS_TOPIC.topic}`;
    await applyTopic(
      { brokers: scene.brokers, clientId: 'floor' },
      { name: topic, partitions: PARTITIONS, replication: 1 },
    );
    const relay = await startProcess({
      file: PROCESS,
      env: {
        FLOOR_URLS: scene.shards.map(({ writer }) => writer).join(','),
        FLOOR_PLACES: JSON.stringify(places),
        FLOOR_BROKERS: scene.brokers.join(','),
        FLOOR_TOPIC: topic,
      },
    });
    return { pids: [relay.pid], stop: () => relay.stop() };
  },
};
