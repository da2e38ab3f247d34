import { readGroups } from '@ordershard/process';
import { type ShardConfig, shardsFromEnv } from '@ordershard/shard-router';

/** The shards that a command works on. Throws a SettingsError that names what is wrong. */
export function commandShards(env: Readonly<Record<string, string | undefined>>): readonly ShardConfig[] {
  return readGroups({ source: () => shardsFromEnv(env) }).source.shards;
}
