import { EVENT_TOPICS } from '@ordershard/order-events';
import { type ArchiveStore, openArchiveStore } from '@ordershard/rebalance/archive';
import { connectShardRouter, type ShardRouter } from '@ordershard/shard-router';
import type { Db } from 'mongodb';
import { GROUP } from '../projector/start-projector.ts';
import { openMongo } from '../views/order-views.ts';
import { type Consumption, KafkaConsumption } from '../verify/consumption.ts';
import type { OperatorSettings } from './operator-settings.ts';

/** Both sides, opened. */
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
  const archive = archiveUrl === undefined ? undefined : await openArchiveStore(archiveUrl);
  const router = await connectShardRouter({ clusterId, ...shards, numbers: false });
  const mongo = openMongo(settings.mongoUrl, 'ordershard-operator');
  const consumption = new KafkaConsumption({
    router,
    brokers,
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
