import { applyConnect, connectSettings, removeConnect } from '@ordershard/outbox';
import { PARTITIONS, type RelayContender } from './contender.ts';

/** Debezium on Kafka Connect, as `outbox connect apply` sets it up: one connector for each table or for each shard. */
export function debezium(per: 'table' | 'shard'): RelayContender {
  return {
    name: `debezium per ${per}`,
    start: async ({ scene, prefix }) => {
      const settings = connectSettings({
        ...scene.env,
        ORDERSHARD_TOPIC_PREFIX: prefix,
        ORDERSHARD_TOPIC_PARTITIONS: String(PARTITIONS),
      });
      await applyConnect(settings, { per });
      return {
        pids: scene.connectPids,
        stop: async () => {
          await removeConnect(settings, { republish: true });
        },
      };
    },
  };
}
