import { readFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { commaList, commonSettings, port, readSettings, SettingsError } from '@ordershard/process';
import { busSettings } from '@ordershard/event-bus';
import { shardsFromUrls, TopologyError, type ShardConfig } from '@ordershard/shard-router';
import { z } from 'zod';

const shardShape = {
  ...commonSettings,
  ORDERSHARD_MYSQL_URLS: commaList,
  ORDERSHARD_MYSQL_READER_URLS: commaList.optional(),
};

const apiShape = {
  ...shardShape,
  ORDERSHARD_MONGODB_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/, 'must be a mongodb:// URL that names a database'),
  ORDERSHARD_JWKS_FILE: z.string(),
  ORDERSHARD_JWT_ISSUER: z.string(),
  ORDERSHARD_JWT_AUDIENCE: z.string(),
  ...busSettings,
  ORDERSHARD_MAP_POLL_MS: z.coerce.number().int().min(100).max(86_400_000).default(5_000),
  ORDERSHARD_API_HOST: z.string().default('127.0.0.1'),
  ORDERSHARD_API_PORT: port.default(0),
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the API, by the names of their environment variables. */
export type ApiSettings = ReturnType<typeof readApiSettings>;

/** Reads the settings of the API. Throws SettingsError naming each that is wrong. */
export function readApiSettings(env: Environment) {
  return readSettings(apiShape, env);
}

/** Reads which cluster there is, of which shards. Throws SettingsError naming each setting that is wrong. */
export function readShardSettings(env: Environment): {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
} {
  const settings = readSettings(shardShape, env);
  return { clusterId: settings.ORDERSHARD_CLUSTER, shards: shardsOf(settings) };
}

/** The shards that settings name. Throws SettingsError when the lists do not match. */
export function shardsOf(
  settings: Pick<ApiSettings, 'ORDERSHARD_MYSQL_URLS' | 'ORDERSHARD_MYSQL_READER_URLS'>,
): readonly ShardConfig[] {
  try {
    return shardsFromUrls(settings.ORDERSHARD_MYSQL_URLS, settings.ORDERSHARD_MYSQL_READER_URLS);
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw new SettingsError([{ setting: 'ORDERSHARD_MYSQL_READER_URLS', message: error.message }]);
  }
}

const refuseJwks = (message: string) => new SettingsError([{ setting: 'ORDERSHARD_JWKS_FILE', message }]);

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** Reads the public keys that sign tokens. Throws SettingsError when the file does not hold any. */
export async function readJwks(file: string): Promise<JSONWebKeySet> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw refuseJwks('cannot be read');
  }
  try {
    return keySet.parse(JSON.parse(text)) as JSONWebKeySet;
  } catch {
    throw refuseJwks('does not hold a JSON Web Key Set');
  }
}
