import {
  commaList,
  commonSettings,
  type Logger,
  port,
  readGroups,
  readSettings,
  SettingsError,
} from '@ordershard/process';
import { busSettings } from '@ordershard/event-bus';
import { shardsFromEnv, type ShardSource } from '@ordershard/shard-router';
import { z } from 'zod';
import { InvalidKeySetError } from './keys/errors.ts';
import { KeyRing } from './keys/key-ring.ts';
import { keyFile, keyUrl } from './keys/key-source.ts';

/** Points of one caller in a second; 0 for no limit. */
const rate = z.coerce.number().int().min(0).max(1_000_000);
/** Orders that one caller follows at once; 0 for no limit. */
const followers = z.coerce.number().int().min(0).max(100_000);

const mongoUrl = z
  .string()
  .regex(/^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/, 'must be a mongodb:// URL that names a database');

/** The URL must not say which members views are read from: ORDERSHARD_VIEW_MEMBERS does. */
const viewsUrl = mongoUrl.refine(
  (url) => !/[?&]read(?:Preference|ConcernLevel)=/i.test(url),
  'must not say readPreference or readConcernLevel: ORDERSHARD_VIEW_MEMBERS says which members are read',
);

const apiShape = {
  ...commonSettings,
  ORDERSHARD_MONGODB_URL: viewsUrl,
  /** Which members serve readers that tell by a token how far they have seen the views. */
  ORDERSHARD_VIEW_MEMBERS: z.enum(['primary', 'secondary']).default('primary'),
  /** Where orders past their retention are: a folder or an S3-compatible store. */
  ORDERSHARD_ARCHIVE_URL: z.string().optional(),
  ORDERSHARD_JWKS_FILE: z.string().optional(),
  ORDERSHARD_JWKS_URL: z.url({ protocol: /^https?$/, error: 'must be a URL of http or https' }).optional(),
  /** How long keys stay in use that cannot be fetched again. */
  ORDERSHARD_JWKS_STALE_MS: z.coerce.number().int().min(0).max(604_800_000).default(14_400_000),
  ORDERSHARD_JWT_ISSUER: z.string(),
  ORDERSHARD_JWT_AUDIENCE: z.string(),
  ...busSettings,
  ORDERSHARD_MAP_POLL_MS: z.coerce.number().int().min(100).max(86_400_000).default(5_000),
  ORDERSHARD_API_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_API_PORT: port.default(0),
  ORDERSHARD_API_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(10_000),
  ORDERSHARD_API_DRAIN_MS: z.coerce.number().int().min(0).max(10_000).default(1_000),
  ORDERSHARD_API_FOLLOWERS: z.coerce.number().int().min(0).max(100_000).default(1_000),
  ORDERSHARD_API_FOLLOWERS_MEMBER: followers.default(10),
  ORDERSHARD_API_FOLLOWERS_SHOP: followers.default(100),
  ORDERSHARD_API_FOLLOWERS_STAFF: followers.default(0),
  ORDERSHARD_API_RATE_MEMBER: rate.default(100),
  ORDERSHARD_API_RATE_SHOP: rate.default(500),
  ORDERSHARD_API_RATE_STAFF: rate.default(0),
  ORDERSHARD_OVERLOAD_TARGET_MS: z.coerce.number().int().min(10).max(30_000).default(250),
  ORDERSHARD_OVERLOAD_MOST: z.coerce.number().int().min(1).max(100_000).default(1_000),
};

/** Checks that exactly one setting says whose tokens are good. */
function withKeys<
  S extends { ORDERSHARD_JWKS_FILE?: string | undefined; ORDERSHARD_JWKS_URL?: string | undefined },
>(settings: S): S {
  const { ORDERSHARD_JWKS_FILE: file, ORDERSHARD_JWKS_URL: url } = settings;
  if (file === undefined && url === undefined) {
    throw refuseJwks('is not set, nor is ORDERSHARD_JWKS_URL: one of them says whose tokens are good');
  }
  if (file !== undefined && url !== undefined) {
    throw refuseJwks('and ORDERSHARD_JWKS_URL are both set: one of them says whose tokens are good');
  }
  return settings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the API, by the names of their environment variables, and the shards. */
export type ApiSettings = ReturnType<typeof readApiSettings>;

/** Reads the shards, and other settings besides. Throws SettingsError naming each that is wrong in either. */
const readWithShards = <T>(env: Environment, read: () => T) =>
  readGroups({ shards: () => shardsFromEnv(env), settings: read });

/** Reads the settings of the API. Throws SettingsError naming each that is wrong. */
export function readApiSettings(env: Environment) {
  const { shards, settings } = readWithShards(env, () => withKeys(readSettings(apiShape, env)));
  return { ...settings, shards };
}

/** Reads which cluster there is, of which shards. Throws SettingsError naming each setting that is wrong. */
export function readShardSettings(env: Environment): ShardSource & { readonly clusterId: string } {
  const { shards, settings } = readWithShards(env, () => readSettings(commonSettings, env));
  return { ...shards, clusterId: settings.ORDERSHARD_CLUSTER };
}

const inflowShape = { ...commonSettings, ...busSettings, ORDERSHARD_KAFKA_BROKERS: commaList };

/** Reads the settings of `inflow`. Throws SettingsError naming each that is wrong. */
export function readInflowSettings(env: Environment) {
  const { shards, settings } = readWithShards(env, () => readSettings(inflowShape, env));
  return {
    shards,
    cluster: settings.ORDERSHARD_CLUSTER,
    brokers: settings.ORDERSHARD_KAFKA_BROKERS,
    prefix: settings.ORDERSHARD_TOPIC_PREFIX,
    replication: settings.ORDERSHARD_TOPIC_REPLICATION,
  };
}

const commandShape = {
  ...commonSettings,
  ORDERSHARD_MONGODB_URL: mongoUrl,
  ORDERSHARD_ARCHIVE_URL: z.string().optional(),
};

/** Reads the settings of `erase` and `lost-orders`. Throws SettingsError naming each that is wrong. */
export function readCommandSettings(env: Environment) {
  const { shards, settings } = readWithShards(env, () => readSettings(commandShape, env));
  return {
    shards,
    cluster: settings.ORDERSHARD_CLUSTER,
    mongoUrl: settings.ORDERSHARD_MONGODB_URL,
    archiveUrl: settings.ORDERSHARD_ARCHIVE_URL,
  };
}

const refuseJwks = (message: string) => new SettingsError([{ setting: 'ORDERSHARD_JWKS_FILE', message }]);

/**
 * Opens the public keys that tokens are verified with. A file must hold keys now. Keys at a URL are fetched when they are
 * needed, so that a process can start while an issuer is away.
 *
 * @throws SettingsError when a file does not hold any
 */
export async function openKeyRing(
  {
    ORDERSHARD_JWKS_FILE: file,
    ORDERSHARD_JWKS_URL: url,
    ORDERSHARD_JWKS_STALE_MS: staleMs,
  }: Pick<ApiSettings, 'ORDERSHARD_JWKS_FILE' | 'ORDERSHARD_JWKS_URL' | 'ORDERSHARD_JWKS_STALE_MS'>,
  log: Logger,
): Promise<KeyRing> {
  if (file === undefined) {
    const ring = new KeyRing({ source: keyUrl(new URL(url!)), staleMs, log });
    await ring.lookFurther();
    return ring;
  }
  const ring = new KeyRing({ source: keyFile(file), staleMs, log });
  try {
    await ring.start();
  } catch (error) {
    throw refuseJwks(error instanceof InvalidKeySetError ? error.message : 'cannot be read');
  }
  return ring;
}
