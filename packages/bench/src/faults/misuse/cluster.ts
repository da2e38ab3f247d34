import { fileURLToPath } from 'node:url';
import { openCluster } from '@ordershard/rebalance';
import {
  guardedTablesOf,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { TABLES } from './registry.ts';

export const CLUSTER = 'misuse';
const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url));

/** Few make moves short. */
export const BUCKETS = 256;

/** Makes databases the shards of this run's cluster, and returns them. */
export async function makeCluster(urls: readonly string[]): Promise<readonly ShardConfig[]> {
  const shards = shardsFromUrls(urls);
  await migrateShards(shards, [ROUTER_MIGRATIONS, MIGRATIONS], { tables: guardedTablesOf(TABLES) });
  await initialiseCluster({ clusterId: CLUSTER, shards, bucketCount: BUCKETS });
  return shards;
}

/** The cluster as its operator has it. */
export function operatorOf(shards: readonly ShardConfig[]) {
  return openCluster({ clusterId: CLUSTER, shards, application: { TABLES } });
}

/** Whether fences of a bucket are set by hand in wrong uses. No mover and no honest caller comes near it. */
export function setByHand(bucket: number): boolean {
  return bucket % 8 === 7;
}
