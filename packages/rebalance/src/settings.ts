import { commaList, commonSettings, readSettings } from '@ordershard/process';
import { type ShardConfig, shardsFromUrls, type TableRegistration } from '@ordershard/shard-router';
import { z } from 'zod';

/** The settings of the command line. */
export interface OperatorSettings {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  readonly tables: readonly TableRegistration[];
}

/**
 * Reads the settings from the environment, and the table registry from the module that `ORDERSHARD_REGISTRY` names (its
 * export `TABLES`).
 */
export async function readOperatorSettings(env: NodeJS.ProcessEnv): Promise<OperatorSettings> {
  const settings = readSettings(
    {
      ...commonSettings,
      ORDERSHARD_MYSQL_URLS: commaList,
      ORDERSHARD_REGISTRY: z.string().default('@ordershard/order-service/registry'),
    },
    env,
  );
  const { TABLES } = (await import(settings.ORDERSHARD_REGISTRY)) as { TABLES: readonly TableRegistration[] };
  return {
    clusterId: settings.ORDERSHARD_CLUSTER,
    shards: shardsFromUrls(settings.ORDERSHARD_MYSQL_URLS),
    tables: TABLES,
  };
}
