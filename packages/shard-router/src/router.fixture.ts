import { fileURLToPath } from 'node:url';
import { testNamespace } from '@ordershard/stack';
import {
  connectShardRouter,
  initialiseCluster,
  migrateShards,
  ROUTER_MIGRATIONS,
  type RouterOptions,
  type ShardConfig,
  type ShardRouter,
  shardsFromUrls,
} from './index.ts';

/** The migrations of the tests' own table `notes`. */
export const TEST_MIGRATIONS = fileURLToPath(new URL('../test-migrations', import.meta.url));

/** A cluster of fresh databases on the servers of the test run. */
export interface TestCluster {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /** Opens a router, which {@link TestCluster.end} closes. */
  router(options?: Partial<RouterOptions>): Promise<ShardRouter>;
  end(): Promise<void>;
}

/** Migrates and initialises databases of its own. */
export async function testCluster(label: string): Promise<TestCluster> {
  const namespace = await testNamespace(label);
  const shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  const routers: ShardRouter[] = [];
  await migrateShards(shards, [ROUTER_MIGRATIONS, TEST_MIGRATIONS]);
  await initialiseCluster({ clusterId: label, shards });
  return {
    clusterId: label,
    shards,
    router: async (options = {}) => {
      const router = await connectShardRouter({ clusterId: label, shards, ...options });
      routers.push(router);
      return router;
    },
    end: async () => {
      await Promise.all(routers.map((router) => router.close()));
      await namespace.drop();
    },
  };
}
