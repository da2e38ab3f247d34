import { openShardSessions } from '../pools/shard-sessions.ts';
import type { AccessOption } from '../pools/with-shard-sessions.ts';
import type { ShardConfig } from './config.ts';
import { loadMap } from './load-map.ts';
import { shardsOfMap } from './map.ts';

/**
 * Returns the configured shards that belong to the cluster, without databases that were not added yet.
 *
 * @throws what {@link loadMap} throws
 */
export async function memberShards(
  configs: readonly ShardConfig[],
  clusterId: string,
  options: AccessOption = {},
): Promise<readonly ShardConfig[]> {
  const sessions = openShardSessions(configs, { connections: 1, ...options });
  try {
    const members = shardsOfMap(await loadMap(sessions.shards, clusterId, sessions.onShard));
    return configs.filter(({ id }) => members.includes(id));
  } finally {
    await sessions.close();
  }
}
