import { Comparison } from './comparison.ts';
import type { Findings } from './findings.ts';
import type { Ledger } from './ledger.ts';
import { partitionOf } from './murmur.ts';
import { digest } from './order-content.ts';
import { type TopicMessage, TopicReader } from './read-kafka.ts';
import { readViews } from './read-mongodb.ts';
import { readOwnership, readShard, withShards } from './read-mysql.ts';

/** Where the stores of a run are. */
export interface Stores {
  /** One URL a shard; position = shard id. */
  readonly shards: readonly string[];
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly mongodb: string;
}

/** Returns where the stores are that the product's processes use. */
export function storesOf(env: Readonly<Record<string, string | undefined>>): Stores {
  const list = (name: string) =>
    (env[name] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return {
    shards: list('ORDERSHARD_MYSQL_URLS'),
    brokers: list('ORDERSHARD_KAFKA_BROKERS'),
    topic: `${env['ORDERSHARD_TOPIC_PREFIX'] ?? ''}orders.snapshots`,
    mongodb: env['ORDERSHARD_MONGODB_URL'] ?? '',
  };
}

/** Reads every store from end to end, and compares what is there with what was acknowledged. */
export async function compareStores(stores: Stores, ledger: Ledger, findings: Findings): Promise<Comparison> {
  const reader = new TopicReader(stores.brokers, stores.topic);
  try {
    const partitions = await reader.partitions();
    const comparison = await withShards(stores.shards, async (shards) => {
      const ownership = await readOwnership(shards);
      const layout = {
        shardOf: (number: string) => ownership.shardOf(number),
        partitionOf: (key: string) => partitionOf(key, partitions),
      };
      const compared = new Comparison(ledger, findings, layout, shards.length);
      for (const [shard, connection] of shards.entries())
        await readShard(connection, shard, compared, findings);
      return compared;
    });
    await reader.readAll((message) => comparison.event(toEvent(message)));
    await readViews(stores.mongodb, comparison, findings);
    comparison.finish();
    return comparison;
  } finally {
    await reader.close();
  }
}

function toEvent({ partition, key, value, headers }: TopicMessage) {
  return {
    key,
    partition,
    id: headers['ce_id'] ?? '',
    type: headers['ce_type'] ?? '',
    version: Number(headers['ce_sequence']),
    digest: digest(value),
  };
}
