import { loadMap, RouterError, type ShardMap, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { listTables } from '../sql/topology/shard-facts.ts';
import { readIdentity } from '../sql/topology/identity.ts';

/**
 * The newest map of the cluster. Databases that are configured but were not added yet are passed over, as are shards that
 * are down while another answers.
 *
 * @throws ShardIdentityError, TopologyError, ShardUnavailableError as `loadMap` does
 */
export async function clusterMap(
  cluster: OperatorCluster,
  shards: readonly number[] = cluster.shards,
): Promise<ShardMap> {
  const initialised = await Promise.all(shards.map((shard) => isInitialised(cluster, shard)));
  const members = shards.filter((_, at) => initialised[at]);
  // With none, the message is that of a cluster that was not initialised.
  return loadMap(members.length > 0 ? members : shards, cluster.clusterId, (shard, fn) =>
    cluster.onShard(shard, fn),
  );
}

/** Whether a database was made a shard. One that is down counts: `loadMap` says what that means. */
export async function isInitialised(cluster: OperatorCluster, shard: number): Promise<boolean> {
  try {
    return await cluster.onShard(shard, async (session) => {
      if (!(await listTables(session)).includes('shard_identity')) return false;
      return (await readIdentity(session)) !== undefined;
    });
  } catch (error) {
    if (error instanceof RouterError && error.retryable) return true;
    throw error;
  }
}

/** The shards that are in the cluster, without databases that are configured and were not added yet. @throws as {@link clusterMap} */
export async function membersOf<C extends OperatorCluster>(cluster: C): Promise<C> {
  return membersOnly(cluster, await clusterMap(cluster));
}

/** A cluster without the databases that its map does not know yet. */
function membersOnly<C extends OperatorCluster>(cluster: C, map: ShardMap): C {
  const members = shardsOfMap(map);
  return {
    ...cluster,
    shards: cluster.shards.filter((shard) => members.includes(shard)),
    configs: cluster.configs.filter(({ id }) => members.includes(id)),
  };
}
