import { connectShardRouter } from '@ordershard/shard-router';
import type { RelaySettings } from './settings.ts';
import type { Shards } from './shards.ts';

/** Runs `use` with sessions on the cluster's shards, as the relay has them. */
export async function withShards<T>(
  { cluster, shards }: Pick<RelaySettings, 'cluster' | 'shards'>,
  use: (shards: Shards) => Promise<T>,
): Promise<T> {
  const router = await connectShardRouter({
    clusterId: cluster,
    ...shards,
    numbers: false,
  });
  try {
    return await use(router);
  } finally {
    await router.close();
  }
}
