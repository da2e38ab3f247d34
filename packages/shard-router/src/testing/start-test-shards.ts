import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { initialiseCluster } from '../migrate/initialise.ts';
import { migrateShards, ROUTER_MIGRATIONS } from '../migrate/migrate-shards.ts';
import { connectShardRouter, type ShardRouter } from '../router.ts';
import type { RouterOptions } from '../router-options.ts';
import { type ShardConfig, shardsFromUrls } from '../topology/config.ts';
import { parseEndpoint } from '../topology/endpoint.ts';

export interface TestShardsOptions {
  /** `mysql://user:password@host:port/database`, one for each shard. The user must be allowed to make databases. */
  readonly urls: readonly string[];
  /** Folders of the application's migrations, run after the router's. */
  readonly directories?: readonly string[];
  /** Work to be done on the migrated shards before they become a cluster, such as making partitions. */
  readonly prepare?: (shards: readonly ShardConfig[]) => Promise<unknown>;
  readonly clusterId?: string;
  readonly bucketCount?: number;
}

/** Fresh databases that are the shards of a cluster of their own. */
export interface TestShards {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /** Opens a router on them, which {@link TestShards.end} closes. */
  router(options?: Partial<Omit<RouterOptions, 'clusterId' | 'shards'>>): Promise<ShardRouter>;
  /** Closes the routers and drops the databases. */
  end(): Promise<void>;
}

/**
 * Makes a fresh database beside the one of each URL, named after it with a random end, and makes them the shards of a
 * cluster. Nothing else on the servers is touched, so that tests share them. When it throws, no database is left.
 */
export async function startTestShards({
  urls,
  directories = [],
  prepare,
  clusterId = 'test',
  bucketCount,
}: TestShardsOptions): Promise<TestShards> {
  const end = `_test_${randomBytes(5).toString('hex')}`;
  const shards = shardsFromUrls(
    urls.map((url, id) => {
      const fresh = new URL(url);
      fresh.pathname = `/${parseEndpoint(url).database.slice(0, 40)}${end}_${id}`;
      return fresh.href;
    }),
  );
  const routers: ShardRouter[] = [];
  const onEach = (sql: (database: string) => string) =>
    Promise.all(
      shards.map(async ({ writer }) => {
        const { database, ...server } = parseEndpoint(writer);
        const connection = await createConnection(server);
        try {
          await connection.query(sql(`\`${database}\``));
        } finally {
          await connection.end();
        }
      }),
    );
  const remove = async () => {
    await Promise.all(routers.map((router) => router.close()));
    await onEach((database) => `DROP DATABASE IF EXISTS ${database}`);
  };
  try {
    await onEach((database) => `CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    await migrateShards(shards, [ROUTER_MIGRATIONS, ...directories]);
    await prepare?.(shards);
    await initialiseCluster({ clusterId, shards, ...(bucketCount === undefined ? {} : { bucketCount }) });
  } catch (error) {
    await remove().catch(() => undefined); // The failure that came first is the one to tell.
    throw error;
  }
  return {
    clusterId,
    shards,
    router: async (options = {}) => {
      const router = await connectShardRouter({ ...options, clusterId, shards });
      routers.push(router);
      return router;
    },
    end: remove,
  };
}
