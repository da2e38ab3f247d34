import { hostname } from 'node:os';
import {
  commaList,
  commonSettings,
  port,
  readGroups,
  readSettings,
  SettingsError,
} from '@ordershard/process';
import { shardsFromEnv, type ShardSource } from '@ordershard/shard-router';
import { z } from 'zod';
import { PARTIES, type PartyName } from './ports/third-party.ts';
import type { Patience } from './reactions/decide.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const http = z.string().regex(/^https?:\/\/[^/]+/, 'must be an http:// or https:// URL');
const ms = (least: number) => z.coerce.number().int().min(least).max(86_400_000);
const secret = z.string().min(16, 'must have at least 16 characters');

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
  ORDERSHARD_PAYMENT_URL: http,
  ORDERSHARD_SHOP_URL: http,
  ORDERSHARD_DELIVERY_URL: http,
  ORDERSHARD_PAYMENT_TOKEN: z.string().optional(),
  ORDERSHARD_SHOP_TOKEN: z.string().optional(),
  ORDERSHARD_DELIVERY_TOKEN: z.string().optional(),
  ORDERSHARD_PAYMENT_WITHIN_MS: ms(100).default(600_000),
  ORDERSHARD_SHOP_WITHIN_MS: ms(100).default(900_000),
  ORDERSHARD_DELIVERY_WITHIN_MS: ms(100).default(1_800_000),
  ORDERSHARD_CALL_TIMEOUT_MS: ms(10).default(3_000),
  ORDERSHARD_CHECK_EVERY_MS: ms(100).default(60_000),
  ORDERSHARD_CHECK_AFTER_MS: ms(100).default(120_000),
  ORDERSHARD_CALLBACK_SECRET: secret.optional(),
  ORDERSHARD_CALLBACK_URL: http.optional(),
  ORDERSHARD_CALLBACK_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_CALLBACK_PORT: port.default(0),
  ORDERSHARD_HEALTH_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_HEALTH_PORT: port.default(0),
  ORDERSHARD_INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .optional(),
};

/** The settings of the worker. Times in milliseconds. */
export interface WorkerSettings {
  readonly cluster: string;
  readonly shards: ShardSource;
  readonly brokers: readonly string[];
  readonly mongoUrl: string;
  readonly topicPrefix: string;
  readonly urls: Readonly<Record<PartyName, string>>;
  readonly tokens: Readonly<Record<PartyName, string | undefined>>;
  readonly patience: Patience;
  readonly callTimeoutMs: number;
  readonly checkEveryMs: number;
  /** How long an order must be unchanged before a check looks at it. */
  readonly checkAfterMs: number;
  /** Where the worker takes callbacks; undefined when it takes none. */
  readonly callbacks:
    | {
        readonly secret: string;
        readonly url: string | undefined;
        readonly host: string;
        readonly port: number;
      }
    | undefined;
  readonly healthHost: string;
  readonly healthPort: number;
  /** Name of a static member of the consumer groups. */
  readonly instanceId: string | undefined;
  /** For clients' names. */
  readonly clientId: string;
}

/** Reads the settings of the worker and of the check. Throws a SettingsError that names all that is wrong. */
export function workerSettings(env: Environment): WorkerSettings {
  const { shards, read } = readGroups({
    shards: () => shardsFromEnv(env),
    read: () => readSettings(shape, env),
  });
  const patience: Patience = {
    payment: read.ORDERSHARD_PAYMENT_WITHIN_MS,
    shop: read.ORDERSHARD_SHOP_WITHIN_MS,
    delivery: read.ORDERSHARD_DELIVERY_WITHIN_MS,
  };
  const problems = PARTIES.filter((party) => patience[party] <= read.ORDERSHARD_CALL_TIMEOUT_MS).map(
    (party) => ({
      setting: `ORDERSHARD_${party.toUpperCase()}_WITHIN_MS`,
      message: 'must be more than ORDERSHARD_CALL_TIMEOUT_MS',
    }),
  );
  if (read.ORDERSHARD_CALLBACK_URL !== undefined && read.ORDERSHARD_CALLBACK_SECRET === undefined)
    problems.push({
      setting: 'ORDERSHARD_CALLBACK_SECRET',
      message: 'is not set, though ORDERSHARD_CALLBACK_URL is: anybody could call back',
    });
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    cluster: read.ORDERSHARD_CLUSTER,
    shards,
    brokers: read.ORDERSHARD_KAFKA_BROKERS,
    mongoUrl: read.ORDERSHARD_MONGODB_URL,
    topicPrefix: read.ORDERSHARD_TOPIC_PREFIX,
    urls: {
      payment: read.ORDERSHARD_PAYMENT_URL,
      shop: read.ORDERSHARD_SHOP_URL,
      delivery: read.ORDERSHARD_DELIVERY_URL,
    },
    tokens: {
      payment: read.ORDERSHARD_PAYMENT_TOKEN,
      shop: read.ORDERSHARD_SHOP_TOKEN,
      delivery: read.ORDERSHARD_DELIVERY_TOKEN,
    },
    patience,
    callTimeoutMs: read.ORDERSHARD_CALL_TIMEOUT_MS,
    checkEveryMs: read.ORDERSHARD_CHECK_EVERY_MS,
    checkAfterMs: read.ORDERSHARD_CHECK_AFTER_MS,
    callbacks:
      read.ORDERSHARD_CALLBACK_SECRET === undefined
        ? undefined
        : {
            secret: read.ORDERSHARD_CALLBACK_SECRET,
            url: read.ORDERSHARD_CALLBACK_URL,
            host: read.ORDERSHARD_CALLBACK_HOST,
            port: read.ORDERSHARD_CALLBACK_PORT,
          },
    healthHost: read.ORDERSHARD_HEALTH_HOST,
    healthPort: read.ORDERSHARD_HEALTH_PORT,
    instanceId: read.ORDERSHARD_INSTANCE_ID,
    clientId: `ordershard-third-parties-${read.ORDERSHARD_INSTANCE_ID ?? `${hostname()}-${process.pid}`}`,
  };
}

const fakeShape = {
  ...commonSettings,
  ORDERSHARD_FAKE_SEED: z.coerce.number().int().min(0).default(1),
  ORDERSHARD_FAKE_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_FAKE_PORT: port.default(0),
  ORDERSHARD_CALLBACK_SECRET: secret,
};

/** Reads the settings of the fake. Throws a SettingsError that names all that is wrong. */
export function fakeSettings(env: Environment) {
  const read = readSettings(fakeShape, env);
  return {
    seed: read.ORDERSHARD_FAKE_SEED,
    host: read.ORDERSHARD_FAKE_HOST,
    port: read.ORDERSHARD_FAKE_PORT,
    secret: read.ORDERSHARD_CALLBACK_SECRET,
  };
}
