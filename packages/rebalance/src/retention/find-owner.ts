import { bucketOf, loadMap, type ShardSessions } from '@ordershard/shard-router';
import { readFenceOf } from '../sql/retention/fences.ts';
import type { FenceRange } from './split-fence.ts';

/** The shard that owns a number by its fence, and that fence. */
export interface NumberOwner {
  readonly shard: number;
  readonly bucket: number;
  readonly fence: FenceRange;
}

/** Finds the shard whose fence owns a number now; undefined where none does for the moment. */
export async function findOwner(
  sessions: ShardSessions,
  clusterId: string,
  number: bigint,
): Promise<NumberOwner | undefined> {
  const { bucketCount } = await loadMap(sessions.shards, clusterId, sessions.onShard);
  const bucket = bucketOf(number, bucketCount);
  for (const shard of sessions.shards) {
    const fence = await sessions.onShard(shard, (session) => readFenceOf(session, bucket, number));
    if (fence?.state === 'owned' || fence?.state === 'carried') return { shard, bucket, fence };
  }
  return undefined;
}
