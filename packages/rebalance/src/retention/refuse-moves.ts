import type { ShardSession } from '@ordershard/shard-router';
import { findOpenMove } from '../sql/move/books.ts';
import { readFences } from '../sql/retention/fences.ts';
import { DayKeptError } from './errors.ts';
import { type FenceRange, isSingle } from './split-fence.ts';

/** A bucket of a shard whose move is not at its end, and how far that is. */
export interface MovingBucket {
  readonly bucket: number;
  readonly state: string;
}

/**
 * Finds a move that is not at its end. A mover that was killed holds no lease any more, but the fences show its move. If it
 * had not come to the fences yet, its book shows the move; the book names the fences as they were at that time.
 */
export async function findMove(session: ShardSession): Promise<MovingBucket | undefined> {
  const moving = (await readFences(session)).find(isMoving);
  if (moving !== undefined) return moving;
  const booked = await findOpenMove(session);
  return booked === undefined ? undefined : { bucket: booked.bucket, state: booked.step };
}

/** Retention and moves exclude each other. @throws DayKeptError */
export async function refuseMoves(session: ShardSession): Promise<void> {
  const moving = await findMove(session);
  if (moving === undefined) return;
  throw new DayKeptError(
    `bucket ${moving.bucket} is ${moving.state}: it is in the middle of a move, which must be resumed or rolled back first`,
  );
}

function isMoving(range: FenceRange): boolean {
  const { state, nextOwner } = range;
  if (state === 'capturing' || state === 'importing') return true;
  // One of a single number is frozen while it goes to the owner of the current epoch, which retention goes on with.
  return state === 'frozen' ? !isSingle(range) : state === 'carried' && nextOwner !== null;
}
