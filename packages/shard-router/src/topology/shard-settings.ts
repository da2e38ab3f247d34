import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TopologyError } from '../errors.ts';
import { checkShards, type ShardConfig, shardsFromUrls } from './config.ts';
import { parseShardsFile } from './shards-file.ts';

/** The shards as the settings of a process name them. May be spread into the options of a router. */
export interface ShardSource {
  readonly shards: readonly ShardConfig[];
  /** Reads the shards again. Missing when they cannot change while the process runs. */
  readonly reloadShards?: () => readonly ShardConfig[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads which shards there are, from `ORDERSHARD_SHARDS_FILE` or from `ORDERSHARD_MYSQL_URLS` and
 * `ORDERSHARD_MYSQL_READER_URLS`. Every process of a cluster takes the same.
 *
 * @throws TopologyError with the name of the `setting` that is missing or wrong; it never shows a password
 */
export function shardsFromEnv(env: Environment): ShardSource {
  const file = env['ORDERSHARD_SHARDS_FILE'];
  const writers = listOf(env, 'ORDERSHARD_MYSQL_URLS');
  const readers = listOf(env, 'ORDERSHARD_MYSQL_READER_URLS');
  if (file !== undefined && file !== '') {
    if (writers !== undefined || readers !== undefined)
      throw refuse('ORDERSHARD_SHARDS_FILE', 'is set, and so is ORDERSHARD_MYSQL_URLS: use one of them');
    const path = resolve(file);
    const reloadShards = () => readShardsFile(path, env);
    return { shards: reloadShards(), reloadShards };
  }
  if (writers === undefined) throw refuse('ORDERSHARD_MYSQL_URLS', 'is not set');
  const shards = named('ORDERSHARD_MYSQL_READER_URLS', () => shardsFromUrls(writers, readers));
  named('ORDERSHARD_MYSQL_URLS', () => checkShards(shards.map(({ id, writer }) => ({ id, writer }))));
  named('ORDERSHARD_MYSQL_READER_URLS', () => checkShards(shards));
  return { shards };
}

function readShardsFile(path: string, env: Environment): readonly ShardConfig[] {
  return named('ORDERSHARD_SHARDS_FILE', () => {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new TopologyError(`${path} cannot be read`, { cause });
    }
    const shards = parseShardsFile(text, path, env);
    checkShards(shards);
    return shards;
  });
}

function listOf(env: Environment, setting: string): readonly string[] | undefined {
  const text = env[setting];
  if (text === undefined || text === '') return undefined;
  // At commas between URLs: a parameter of one may have commas.
  const parts = text
    .split(/,(?=\s*(?:[a-z][a-z0-9+.-]*:\/\/|,|$))/i)
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== ',');
  if (parts.length === 0) throw refuse(setting, 'is empty');
  return parts;
}

function refuse(setting: string, message: string, cause?: unknown): TopologyError {
  return new TopologyError(message, { cause, setting });
}

/** Runs `read`, and names the setting in the TopologyError that it throws. */
function named<T>(setting: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw refuse(setting, error.message, error);
  }
}
