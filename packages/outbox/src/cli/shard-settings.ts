import { commaList, commonSettings, readSettings } from '@ordershard/process';
import { type ShardConfig, shardsFromUrls } from '@ordershard/shard-router';

/** The shards that a command works on. Throws a SettingsError that names what is wrong. */
export function commandShards(env: Readonly<Record<string, string | undefined>>): readonly ShardConfig[] {
  const read = readSettings({ ...commonSettings, ORDERSHARD_MYSQL_URLS: commaList }, env);
  return shardsFromUrls(read.ORDERSHARD_MYSQL_URLS);
}
