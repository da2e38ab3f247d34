import { commaList, commonSettings, port, readGroups, readSettings } from '@ordershard/process';
import { shardsFromEnv, type ShardSource } from '@ordershard/shard-router';
import { z } from 'zod';

const shape = {
  ...commonSettings,
  ORDERSHARD_KAFKA_BROKERS: commaList,
  ORDERSHARD_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,150}$/, 'must be letters, digits, dots, dashes or underscores')
    .default(''),
  ORDERSHARD_TOPIC_PARTITIONS: z.coerce.number().int().min(1).max(10_000).default(6),
  ORDERSHARD_TOPIC_REPLICATION: z.coerce.number().int().min(1).max(100).default(1),
  ORDERSHARD_INTERNAL_EVENTS: z.enum(['on', 'off']).default('off'),
  ORDERSHARD_HEALTH_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_HEALTH_PORT: port.default(0),
  ORDERSHARD_INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .optional(),
};

export interface RelaySettings {
  readonly cluster: string;
  readonly shards: ShardSource;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly replication: number;
  /** Whether events go to the internal topic too, without their information. */
  readonly internalEvents: boolean;
  readonly healthHost: string;
  readonly healthPort: number;
  /**
   * A name that no other relay has at the same time. A relay that restarts under its name takes its tables back at once;
   * other relays wait until the lease has run out.
   */
  readonly instanceId?: string | undefined;
}

/** Reads the relay's settings from environment variables. Throws a SettingsError that names all that is wrong. */
export function relaySettings(env: Readonly<Record<string, string | undefined>>): RelaySettings {
  const { shards, read } = readGroups({
    shards: () => shardsFromEnv(env),
    read: () => readSettings(shape, env),
  });
  return {
    cluster: read.ORDERSHARD_CLUSTER,
    shards,
    brokers: read.ORDERSHARD_KAFKA_BROKERS,
    topicPrefix: read.ORDERSHARD_TOPIC_PREFIX,
    partitions: read.ORDERSHARD_TOPIC_PARTITIONS,
    replication: read.ORDERSHARD_TOPIC_REPLICATION,
    internalEvents: read.ORDERSHARD_INTERNAL_EVENTS === 'on',
    healthHost: read.ORDERSHARD_HEALTH_HOST,
    healthPort: read.ORDERSHARD_HEALTH_PORT,
    instanceId: read.ORDERSHARD_INSTANCE_ID,
  };
}
