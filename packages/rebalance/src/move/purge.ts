import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { shareFences } from '../sql/move/fences.ts';
import { purgeNumbers } from './copy-numbers.ts';
import { expectFences } from './fence-steps.ts';
import { cellsOf, type MoveContext } from './move-context.ts';
import { mergedRanges } from './number-ranges.ts';
import { purgeKeys } from './sync-keys.ts';

/** Removes a bucket's rows from a shard that has given it away, or has not got it. Gives how many there were. */
export async function purge(context: MoveContext, shard: number, move: BookedMove): Promise<number> {
  const { kind, bucket } = move;
  const cells = cellsOf(move);
  const at = cells.map((cell) => cell.at);
  const hold = async (session: ShardSession) =>
    expectFences(shard, move, await shareFences(session, kind, bucket, at), ['moved']);
  return kind === 'numbers'
    ? purgeNumbers(context, shard, bucket, mergedRanges(cells), hold)
    : purgeKeys(context, shard, move, hold);
}
