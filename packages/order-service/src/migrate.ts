import { makePartitionsAhead } from '@ordershard/rebalance';
import {
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
 * the coming days. Safe to run again.
 */
export async function migrate(
  clusterId: string,
  shards: readonly ShardConfig[],
): Promise<readonly MigrationReport[]> {
  const reports = await migrateShards(shards, [ROUTER_MIGRATIONS, ORDER_MIGRATIONS]);
  await withShardSessions(shards, (session) => makePartitionsAhead(session, TABLES));
  await initialiseCluster({ clusterId, shards });
  return reports;
}
