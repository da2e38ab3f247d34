import { loadMap, type ShardMap, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { MemberMissingError } from '../errors.ts';

/**
 * Returns the newest map of the cluster. Skips databases that are configured but were not added yet, and shards that are
 * down, as long as another shard answers.
 *
 * @throws ShardIdentityError, TopologyError, ShardUnavailableError as `loadMap` does
 */
export function clusterMap(
  cluster: OperatorCluster,
  shards: readonly number[] = cluster.shards,
): Promise<ShardMap> {
  return loadMap(shards, cluster.clusterId, (shard, fn) => cluster.onShard(shard, fn));
}

/** The members of a cluster that are configured, and those that are not. */
export interface ClusterMembers<C extends OperatorCluster> {
  /** The cluster without databases that are configured and were not added yet. */
  readonly cluster: C;
  /** Shards that the map has and the configuration lacks. */
  readonly missing: readonly number[];
}

/** A cluster with some of its shards only. */
export function withShards<C extends OperatorCluster>(cluster: C, shards: readonly number[]): C {
  return {
    ...cluster,
    shards: cluster.shards.filter((shard) => shards.includes(shard)),
    configs: cluster.configs.filter(({ id }) => shards.includes(id)),
  };
}

/**
 * Separates the members of a cluster from the other configured databases. Checks that each database that answers is the shard
 * of the cluster that its URL is configured for.
 *
 * @throws as {@link clusterMap}
 */
export async function membersOf<C extends OperatorCluster>(cluster: C): Promise<ClusterMembers<C>> {
  const members = shardsOfMap(await clusterMap(cluster));
  return {
    cluster: withShards(cluster, members),
    missing: members.filter((shard) => !cluster.shards.includes(shard)),
  };
}

/** The members of a cluster. @throws MemberMissingError when one is not configured; as {@link clusterMap} */
export async function allMembersOf<C extends OperatorCluster>(cluster: C): Promise<C> {
  const { cluster: members, missing } = await membersOf(cluster);
  if (missing.length > 0) throw new MemberMissingError(missing);
  return members;
}
