import type { ShardSession } from '@ordershard/shard-router';
import { deleteFence, insertFence, updateFence } from '../sql/retention/fences.ts';
import type { FenceRange } from './split-fence.ts';

/**
 * Changes the locked fences of a bucket from `before` to `after`. Updates a row that keeps its beginning, instead of deleting
 * and inserting it.
 */
export async function writeRanges(
  session: ShardSession,
  before: readonly FenceRange[],
  after: readonly FenceRange[],
): Promise<void> {
  const old = new Map(before.map((range) => [range.from, range]));
  const kept = new Set(after.map(({ from }) => from));
  for (const { bucket, from } of before) if (!kept.has(from)) await deleteFence(session, bucket, from);
  for (const range of after) {
    const was = old.get(range.from);
    if (was === undefined) await insertFence(session, range);
    else if (was !== range) await updateFence(session, range);
  }
}
