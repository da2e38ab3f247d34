import { bucketOf, type ShardSessions, shardsOfMap } from '@ordershard/shard-router';
import type { OperatorCluster } from '../cluster.ts';
import { readFenceOf } from '../sql/retention/fences.ts';
import { clusterMap } from '../topology/cluster-map.ts';
import type { FenceRange } from './split-fence.ts';

/** The shard that owns a number by its fence, and that fence. */
export interface NumberOwner {
  readonly shard: number;
  readonly bucket: number;
  readonly fence: FenceRange;
}

/**
 * Finds the shard whose fence owns a number now; undefined where none does for the moment. Shards that cannot be asked
 * are passed over while another owns it.
 *
 * @throws what the first of those failed with, where none of the others owns it
 */
export async function findOwner(
  cluster: OperatorCluster,
  sessions: ShardSessions,
  number: bigint,
): Promise<NumberOwner | undefined> {
  const map = await clusterMap(cluster);
  const bucket = bucketOf(number, map.bucketCount);
  let failure: { readonly cause: unknown } | undefined;
  for (const shard of shardsOfMap(map)) {
    try {
      const fence = await sessions.onShard(shard, (session) => readFenceOf(session, bucket, number));
      if (fence?.state === 'owned' || fence?.state === 'carried') return { shard, bucket, fence };
    } catch (cause) {
      failure ??= { cause };
    }
  }
  if (failure !== undefined) throw failure.cause;
  return undefined;
}
