import { commaList, commonSettings, readSettings, SettingsError } from '@ordershard/process';
import { type ShardConfig, shardsFromUrls, TopologyError } from '@ordershard/shard-router';
import { projectorSettings, type ProjectorSettings } from '../projector/settings.ts';

/** What the commands that compare shards with views are told. */
export interface OperatorSettings extends ProjectorSettings {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
}

/** Reads settings from environment variables. Throws a SettingsError that names all that is wrong. */
export function operatorSettings(env: Readonly<Record<string, string | undefined>>): OperatorSettings {
  const read = readSettings(
    {
      ...commonSettings,
      ORDERSHARD_MYSQL_URLS: commaList,
      ORDERSHARD_MYSQL_READER_URLS: commaList.optional(),
    },
    env,
  );
  try {
    return {
      ...projectorSettings(env),
      clusterId: read.ORDERSHARD_CLUSTER,
      shards: shardsFromUrls(read.ORDERSHARD_MYSQL_URLS, read.ORDERSHARD_MYSQL_READER_URLS),
    };
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw new SettingsError([{ setting: 'ORDERSHARD_MYSQL_READER_URLS', message: error.message }]);
  }
}
