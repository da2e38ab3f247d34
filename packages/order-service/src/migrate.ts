import { checkInit, makePartitionsAhead, openCluster } from '@ordershard/rebalance';
import {
  guardedTablesOf,
  initialiseCluster,
  migrateShards,
  type MigrationReport,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  withShardSessions,
} from '@ordershard/shard-router';
import { MIGRATIONS, TABLES } from './registry.ts';

/** The order store's own migrations. */
export const ORDER_MIGRATIONS = MIGRATIONS[0]!;

/**
 * Makes databases ready to be the shards of an order store: tables, identity, fences, shard map, and the partitions of
 * the coming days. Safe to run again: a cluster that is there keeps its map and its number of buckets, and databases that
 * are configured and not added to it are left alone.
 *
 * @throws ShardRefusedError when a database is somebody else's, another cluster's or another shard's; nothing was made then
 */
export async function migrate(
  clusterId: string,
  shards: readonly ShardConfig[],
): Promise<readonly MigrationReport[]> {
  const { members, buckets } = await check(clusterId, shards);
  const reports = await migrateShards(members, [ROUTER_MIGRATIONS, ORDER_MIGRATIONS], {
    tables: guardedTablesOf(TABLES),
  });
  await withShardSessions(members, (session) => makePartitionsAhead(session, TABLES));
  await initialiseCluster({ clusterId, shards: members, bucketCount: buckets });
  return reports;
}

async function check(clusterId: string, shards: readonly ShardConfig[]) {
  const cluster = openCluster({ clusterId, shards, application: { TABLES } });
  try {
    const { buckets, strangers } = await checkInit(cluster);
    return { members: shards.filter(({ id }) => !strangers.includes(id)), buckets };
  } finally {
    await cluster.close();
  }
}
