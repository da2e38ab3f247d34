import { commonSettings, readGroups, readSettings } from '@ordershard/process';
import { shardsFromEnv, type ShardSource } from '@ordershard/shard-router';
import { projectorSettings, type ProjectorSettings } from '../projector/settings.ts';

/** The settings of the commands that compare shards with views. */
export interface OperatorSettings extends ProjectorSettings {
  readonly shards: ShardSource;
  /** Where orders past their retention are, if they are kept. */
  readonly archiveUrl: string | undefined;
}

/** Reads settings from environment variables. Throws a SettingsError that names all that is wrong. */
export function operatorSettings(env: Readonly<Record<string, string | undefined>>): OperatorSettings {
  const { shards, cluster, projector } = readGroups({
    shards: () => shardsFromEnv(env),
    cluster: () => readSettings(commonSettings, env).ORDERSHARD_CLUSTER,
    projector: () => projectorSettings(env),
  });
  return { ...projector, clusterId: cluster, shards, archiveUrl: env['ORDERSHARD_ARCHIVE_URL'] };
}
