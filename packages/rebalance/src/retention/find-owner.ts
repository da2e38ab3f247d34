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
 * Finds the shard whose fence owns a number now. Returns undefined when no shard owns it for the moment. Skips shards that
 * cannot be asked, as long as another owns it.
 *
 * @throws the error of the first shard that could not be asked, when no other shard owns the number
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
