import { fileURLToPath } from 'node:url';
import { startProcess } from '@ordershard/stack';
import { PARTITIONS, type RelayContender } from './contender.ts';

const RELAY = fileURLToPath(new URL('../../../outbox/src/bin.ts', import.meta.url));

/** The embedded relay, one process for all tables. */
export const ours: RelayContender = {
  name: 'ours',
  start: async ({ scene, prefix }) => {
    const relay = await startProcess({
      file: RELAY,
      args: ['relay'],
      env: {
        ...scene.env,
        ORDERSHARD_TOPIC_PREFIX: prefix,
        ORDERSHARD_TOPIC_PARTITIONS: String(PARTITIONS),
      },
    });
    return { pids: [relay.pid], stop: () => relay.stop() };
  },
};
