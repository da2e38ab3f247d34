import { commonSettings, readGroups, readSettings } from '@ordershard/process';
import { memberShards, type ShardConfig, shardsFromEnv } from '@ordershard/shard-router';

/**
 * The shards that a command works on: those of the cluster that the environment names.
 *
 * @throws SettingsError naming what is wrong; of the router what `loadMap` throws
 */
export async function commandShards(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly ShardConfig[]> {
  const { source, settings } = readGroups({
    source: () => shardsFromEnv(env),
    settings: () => readSettings({ ORDERSHARD_CLUSTER: commonSettings.ORDERSHARD_CLUSTER }, env),
  });
  return memberShards(source.shards, settings.ORDERSHARD_CLUSTER);
}
