import { type LowerEnd, raiseFences } from '../sql/retention/fences.ts';
import { durably, type ShardRun } from './shard-run.ts';

/** Buckets whose fences one transaction raises: writers of the others do not wait for it. */
const BUCKETS_AT_ONCE = 128;

/**
 * Raises the lower end of all fences of the shard, except for those of numbers that are carried over. When it resolves, no
 * write below is under way, and none can begin.
 */
export async function raiseLowerEnd(run: ShardRun, end: LowerEnd, lowest: bigint): Promise<void> {
  for (let first = 0; first < run.bucketCount; first += BUCKETS_AT_ONCE) {
    await durably(run, () => raiseFences(run.session, end, lowest, first, first + BUCKETS_AT_ONCE - 1));
  }
}
