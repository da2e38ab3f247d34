import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { shareFences } from '../sql/move/fences.ts';
import { purgeNumbers } from './copy-numbers.ts';
import { purgeTexts } from './copy-texts.ts';
import { expectFences } from './fence-steps.ts';
import { holdGivenAway, rangesGivenAway } from './given-away.ts';
import { cellsOf, type MoveContext } from './move-context.ts';
import { purgeKeys } from './sync-keys.ts';

/**
 * Removes a bucket's rows from a shard that has given the bucket away, or has not got it. Returns how many rows it removed.
 */
export async function purge(context: MoveContext, shard: number, move: BookedMove): Promise<number> {
  const { kind, bucket } = move;
  if (kind === 'numbers') {
    const ranges = await context.cluster.onShard(shard, (session) => rangesGivenAway(session, move));
    return purgeNumbers(context, shard, bucket, ranges, (session) => holdGivenAway(session, bucket, ranges));
  }
  const at = cellsOf(move).map((cell) => cell.at);
  const hold = async (session: ShardSession) =>
    expectFences(shard, move, await shareFences(session, kind, bucket, at), ['moved']);
  return kind === 'texts' ? purgeTexts(context, shard, bucket, hold) : purgeKeys(context, shard, move, hold);
}
