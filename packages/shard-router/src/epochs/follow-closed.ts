import type { ShardSession } from '../pools/session.ts';
import { changeOpening } from '../sql/epoch-openings.ts';
import {
  deleteFences,
  type EmptyFence,
  extendFence,
  foldKeyFences,
  lockFencesAt,
  fencesBelow,
  takeOver,
} from '../sql/fold-fences.ts';
import { inTransaction } from '../sql/transaction.ts';
import type { ShardMap } from '../topology/map.ts';
import { storeMap } from './follow-decision.ts';

const BATCH = 64;
const REST_MS = 20;

/**
 * Makes a shard follow the decision to close the epochs before `from`. Of their numbers only those are left that were carried
 * over. The fences of the epoch that begins at `from` then cover their numbers too. Can be run again.
 */
export async function followClosed(
  session: ShardSession,
  map: ShardMap,
  from: bigint,
  by: string,
): Promise<void> {
  let left = Array.from({ length: map.bucketCount }, (_, bucket) => bucket);
  while (left.length > 0) {
    const chunk = left.slice(0, BATCH);
    const folded = new Set(await inTransaction(session, () => foldSome(session, chunk, from)));
    left = [...left.slice(BATCH), ...chunk.filter((bucket) => !folded.has(bucket))];
    if (folded.size === 0) await new Promise((resolve) => setTimeout(resolve, REST_MS));
  }
  for (let bucket = 0; bucket < map.bucketCount; bucket += BATCH) {
    await inTransaction(session, () => foldKeyFences(session, [bucket, bucket + BATCH - 1], from));
  }
  await storeMap(session, map);
  await changeOpening(session, from, { expected: 'active', state: 'closed', by });
}

/** Folds those buckets of a chunk whose fences no other transaction has locked, and returns them. */
async function foldSome(
  session: ShardSession,
  chunk: readonly number[],
  from: bigint,
): Promise<readonly number[]> {
  const locked = new Set(await lockFencesAt(session, [Math.min(...chunk), Math.max(...chunk)], from));
  const buckets = chunk.filter((bucket) => locked.has(bucket));
  if (buckets.length === 0) return buckets;
  const below = Map.groupBy(await fencesBelow(session, buckets, from), ({ bucket }) => bucket);
  const gone: EmptyFence[] = [];
  const extended: [bucket: number, lower: string][] = [];
  for (const [bucket, fences] of below) {
    const adjoining = fences.slice(fences.findLastIndex(({ state }) => state === 'carried') + 1);
    const lowest = adjoining[0];
    if (lowest !== undefined) {
      gone.push(...adjoining);
      extended.push([bucket, lowest.range_from]);
    }
    const cutOff = fences.slice(0, fences.length - adjoining.length);
    for (const fence of cutOff) if (fence.state !== 'carried') await takeOver(session, fence, from);
  }
  if (gone.length > 0) await deleteFences(session, gone);
  for (const [bucket, lower] of extended) await extendFence(session, bucket, from, lower);
  return buckets;
}
