import { answeringBrokersFirst } from '@ordershard/process';
import { EVENT_TOPICS } from '@ordershard/order-events';
import { type ArchiveStore, knowsArchive, openArchive } from '@ordershard/rebalance/archive';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import type { Db } from 'mongodb';
import { GROUP } from '../projector/start-projector.ts';
import { openMongo } from '../views/order-views.ts';
import { type Consumption, KafkaConsumption } from '../verify/consumption.ts';
import type { OperatorSettings } from './operator-settings.ts';

/** Open connections to the shards, to the views and to Kafka. */
export interface OperatorParts {
  readonly router: ShardRouter;
  readonly db: Db;
  readonly consumption: Consumption;
  /** Orders past their retention, if they are kept. */
  readonly archive?: ArchiveStore | undefined;
}

/** Opens shards, views and Kafka for `fn`, and closes them after it. Throws the router's errors, and those of `fn`. */
export async function withOperatorParts<T>(
  settings: OperatorSettings,
  patienceMs: number,
  fn: (parts: OperatorParts) => Promise<T>,
): Promise<T> {
  const { clusterId, shards, brokers, topicPrefix, archiveUrl } = settings;
  const router = await connectShardRouter({ clusterId, ...shards, numbers: false });
  const archive = archiveUrl === undefined ? undefined : await archiveOf(archiveUrl, clusterId, router);
  const mongo = openMongo(settings.mongoUrl, 'ordershard-operator');
  const consumption = new KafkaConsumption({
    router,
    brokers: await answeringBrokersFirst(brokers),
    topic: `${topicPrefix}${EVENT_TOPICS[settings.input]}`,
    group: `${topicPrefix}${GROUP}`,
    patienceMs,
  });
  try {
    return await fn({ router, db: mongo.db(), consumption, archive });
  } finally {
    await Promise.all([router.close(), mongo.close(), consumption.close(), archive?.close()]);
  }
}

/** Opens the cluster's archive, and checks that it is one. @throws ArchiveMissingError, ArchiveForeignError */
async function archiveOf(url: string, clusterId: string, router: ShardRouter): Promise<ArchiveStore> {
  const shards = { shards: router.allShards(), onShard: router.onShard.bind(router) };
  try {
    const archive = await openArchive(url, { clusterId, knows: (id) => knowsArchive(shards, id) });
    await archive.check();
    return archive;
  } catch (error) {
    await router.close();
    throw error;
  }
}
