import type { ShardSession } from '@ordershard/shard-router';
import type { BookedMove } from '../sql/move/books.ts';
import { type FenceCell, readFences, shareFences } from '../sql/move/fences.ts';
import { type NumberRange } from '../sql/move/rows.ts';
import { overlapping } from './cut-fences.ts';
import { FenceStateError } from './errors.ts';
import { cellsOf } from './move-context.ts';
import { mergedRanges } from './number-ranges.ts';

/** A range that a shard has given away, as its fences say now. */
type GivenAway = Pick<FenceCell, 'at' | 'to'>;

/**
 * Returns which of a move's numbers the shard has given away, by its fences of now. The book has the fences of the time when
 * the move was booked: an epoch that was opened since may have given the upper end of a range back to the shard.
 */
export async function givenAway(session: ShardSession, move: BookedMove): Promise<readonly GivenAway[]> {
  const fences = await readFences(session, 'numbers', move.bucket);
  const found = new Map<string, GivenAway>();
  for (const cell of cellsOf(move)) {
    for (const fence of overlapping(fences, cell)) {
      if (fence.state !== 'moved') continue;
      const at = highest(cell.at, fence.at);
      const to = lowest(cell.to, fence.to);
      found.set(at, { at, to });
    }
  }
  return [...found.values()];
}

/** Returns what {@link givenAway} returns as merged ranges, lowest first. */
export async function rangesGivenAway(
  session: ShardSession,
  move: BookedMove,
): Promise<readonly NumberRange[]> {
  return mergedRanges(await givenAway(session, move));
}

/**
 * Locks the shard's fences of some ranges, shared, until the transaction ends, and checks that they still say `moved`.
 *
 * @throws FenceStateError when a fence says something else by now
 */
export async function holdGivenAway(
  session: ShardSession,
  bucket: number,
  ranges: readonly NumberRange[],
): Promise<void> {
  const cells = (await readFences(session, 'numbers', bucket))
    .filter(({ at, to }) => ranges.some(({ from, to: end }) => BigInt(at) < end && from < BigInt(to)))
    .map(({ at }) => at);
  if (cells.length === 0) return;
  for (const { at, state } of await shareFences(session, 'numbers', bucket, cells))
    if (state !== 'moved')
      throw new FenceStateError(
        `bucket ${bucket} on shard ${session.shard}: its fence at ${at} is ${state} by now; look, and run it again`,
      );
}

const highest = (a: string, b: string) => (BigInt(a) > BigInt(b) ? a : b);
const lowest = (a: string, b: string) => (BigInt(a) < BigInt(b) ? a : b);
