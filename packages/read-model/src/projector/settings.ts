import { commaList, commonSettings, port, readGroups, readSettings } from '@ordershard/process';
import { shardsFromEnv, type ShardSource } from '@ordershard/shard-router';
import { z } from 'zod';
import { failureSettings, type FailureSettings, failureShape } from '../failures/settings.ts';
import type { Input } from '../failures/letter-store.ts';
import { ORDER_VIEWS_PROJECTION } from '../views/collections.ts';
import { PROJECTION_NAMES } from './open-projection.ts';

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
  ORDERSHARD_PROJECTIONS: commaList
    .refine(
      (names) => names.every((name) => PROJECTION_NAMES.includes(name)),
      `must be some of ${PROJECTION_NAMES.join(', ')}`,
    )
    .default([ORDER_VIEWS_PROJECTION.name]),
  ORDERSHARD_PROJECTOR_INPUT: z.enum(['snapshots', 'events']).default('snapshots'),
  ORDERSHARD_PROJECTOR_MEMORY_MB: z.coerce.number().int().min(8).max(4_096).default(48),
  ORDERSHARD_VIEW_LIFETIME_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
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
  /**
   * A name that no other projector has at the same time. A projector that starts again under it gets its partitions at once.
   */
  readonly instanceId: string | undefined;
  /** The names of the projections that the process runs. */
  readonly projections: readonly string[];
  /**
   * Which events to project: those that hold the order, or those that do not. For the latter, orders are read from the
   * shards.
   */
  readonly input: Input;
  /** The shards to read orders from, and their cluster; undefined when `input` needs none. */
  readonly shards: ShardSource | undefined;
  readonly clusterId: string;
  /** Megabytes of messages that each projection may hold at the most. */
  readonly memoryMb: number;
  /** How long views are kept; older orders are passed over. Undefined: for ever. */
  readonly lifetimeDays: number | undefined;
}

/** The settings by which commands find the dead letters. */
export type LetterSettings = Pick<ProjectorSettings, 'brokers' | 'mongoUrl' | 'topicPrefix' | 'input'>;

/** Reads {@link LetterSettings} from environment variables. Throws a SettingsError that names all that is wrong. */
export function letterSettings(env: Readonly<Record<string, string | undefined>>): LetterSettings {
  const {
    ORDERSHARD_KAFKA_BROKERS,
    ORDERSHARD_MONGODB_URL,
    ORDERSHARD_TOPIC_PREFIX,
    ORDERSHARD_PROJECTOR_INPUT,
  } = shape;
  const read = readSettings(
    { ORDERSHARD_KAFKA_BROKERS, ORDERSHARD_MONGODB_URL, ORDERSHARD_TOPIC_PREFIX, ORDERSHARD_PROJECTOR_INPUT },
    env,
  );
  return {
    brokers: read.ORDERSHARD_KAFKA_BROKERS,
    mongoUrl: read.ORDERSHARD_MONGODB_URL,
    topicPrefix: read.ORDERSHARD_TOPIC_PREFIX,
    input: read.ORDERSHARD_PROJECTOR_INPUT,
  };
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
    projections: [...new Set(read.ORDERSHARD_PROJECTIONS)],
    input: read.ORDERSHARD_PROJECTOR_INPUT,
    shards:
      read.ORDERSHARD_PROJECTOR_INPUT === 'events'
        ? readGroups({ shards: () => shardsFromEnv(env) }).shards
        : undefined,
    clusterId: read.ORDERSHARD_CLUSTER,
    memoryMb: read.ORDERSHARD_PROJECTOR_MEMORY_MB,
    lifetimeDays: read.ORDERSHARD_VIEW_LIFETIME_DAYS,
  };
}
