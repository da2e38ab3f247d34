import { openShardSessions } from '../pools/shard-sessions.ts';
import { initialiseCluster } from '../migrate/initialise.ts';
import type { ShardRouter } from '../router.ts';
import { TEST_MIGRATIONS } from '../router.fixture.ts';
import type { RouterOptions } from '../router-options.ts';
import { startTestShards } from '../testing/start-test-shards.ts';
import type { ShardConfig } from '../topology/config.ts';
import type { EpochCluster } from './epoch-cluster.ts';
import type { OpenEpochOptions } from './open-epoch.ts';

export const BUCKETS = 64;

/** Two shards that own everything, and a third one that is new and owns nothing yet. */
export interface GrownCluster {
  readonly cluster: EpochCluster;
  readonly shards: readonly ShardConfig[];
  /** Opens a router, which {@link GrownCluster.end} closes. */
  router(options?: Partial<RouterOptions>): Promise<ShardRouter>;
  end(): Promise<void>;
}

export async function grownCluster(): Promise<GrownCluster> {
  const [first, second] = process.env['ORDERSHARD_MYSQL_URLS']!.split(',') as [string, string];
  const clusterId = 'epochs';
  const kit = await startTestShards({
    urls: [first, second, first],
    directories: [TEST_MIGRATIONS],
    clusterId,
    bucketCount: BUCKETS,
    // The first map is that of two shards; the third one comes to a cluster that has a map.
    prepare: (shards) => initialiseCluster({ clusterId, shards: shards.slice(0, 2), bucketCount: BUCKETS }),
  });
  const { shards } = kit;
  const sessions = openShardSessions(shards);
  return {
    cluster: { clusterId, shards: sessions.shards, onShard: (shard, fn) => sessions.onShard(shard, fn) },
    shards,
    router: (options) => kit.router(options),
    end: async () => {
      await sessions.close();
      await kit.end();
    },
  };
}

/** Every third bucket to the new shard, the others to whom they belong already. */
export const THIRDS = Array.from({ length: BUCKETS }, (_, bucket) => (bucket % 3 === 2 ? 2 : bucket % 2));

/** An opening of an epoch that begins soon. */
export function soon(beginsInMs: number, options: Partial<OpenEpochOptions> = {}): OpenEpochOptions {
  return {
    fromMs: Date.now() + beginsInMs,
    owners: THIRDS,
    keyOwners: THIRDS,
    by: 'test',
    tables: ['notes', 'applied_units'],
    limits: { leadMs: 1_000, decidedBeforeMs: 200, prepareMs: 20_000 },
    ...options,
  };
}
