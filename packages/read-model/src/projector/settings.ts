import { commaList, commonSettings, port, readSettings } from '@ordershard/process';
import { z } from 'zod';
import { failureSettings, type FailureSettings, failureShape } from '../failures/settings.ts';

const shape = {
  ...commonSettings,
  ORDERSHARD_KAFKA_BROKERS: commaList,
  ORDERSHARD_MONGODB_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/[^/]+\/[^/?]+/, 'must be mongodb://host:port/database'),
  ORDERSHARD_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,150}$/, 'must be letters, digits, dots, dashes or underscores')
    .default(''),
  ORDERSHARD_TOPIC_REPLICATION: z.coerce.number().int().min(1).max(100).default(1),
  ORDERSHARD_HEALTH_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_HEALTH_PORT: port.default(0),
  ORDERSHARD_INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .optional(),
  ...failureShape,
};

export interface ProjectorSettings extends FailureSettings {
  readonly brokers: readonly string[];
  /** URL of the database that holds the views. */
  readonly mongoUrl: string;
  readonly topicPrefix: string;
  /** Copies of the dead-letter topic. */
  readonly replication: number;
  readonly healthHost: string;
  readonly healthPort: number;
  /** A name that no other projector has at the same time. One that starts again under it gets its partitions at once. */
  readonly instanceId: string | undefined;
}

/** Reads the projector's settings from environment variables. Throws a SettingsError that names all that is wrong. */
export function projectorSettings(env: Readonly<Record<string, string | undefined>>): ProjectorSettings {
  const read = readSettings(shape, env);
  return {
    brokers: read.ORDERSHARD_KAFKA_BROKERS,
    mongoUrl: read.ORDERSHARD_MONGODB_URL,
    topicPrefix: read.ORDERSHARD_TOPIC_PREFIX,
    replication: read.ORDERSHARD_TOPIC_REPLICATION,
    healthHost: read.ORDERSHARD_HEALTH_HOST,
    healthPort: read.ORDERSHARD_HEALTH_PORT,
    instanceId: read.ORDERSHARD_INSTANCE_ID,
    ...failureSettings(read),
  };
}
