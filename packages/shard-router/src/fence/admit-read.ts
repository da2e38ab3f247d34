import { FenceError } from '../errors.ts';
import type { ObservedPool } from '../observe/telemetry.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import { demotedServer } from '../pools/mysql-errors.ts';
import type { FenceRow } from '../sql/read-fence.ts';
import { insist } from './admit.ts';
import { judge } from './fence.ts';

/**
 * Lets a read of a bucket pass its fence, on a server that takes writes.
 *
 * @throws ShardUnavailableError when the server is a replica or was demoted: its fence, and its rows, may be old
 * @throws BucketElsewhereError, FenceError
 */
export function admitRead(fence: FenceRow | undefined, bucket: number, pool: ObservedPool): void {
  if (fence?.writer === false) throw demotedServer(pool.shard);
  try {
    insist(judge(fence, `bucket ${bucket}`));
  } catch (error) {
    throw observeRejection(pool, error);
  }
}

/**
 * Lets pass what was read between two looks at a fence, if it was the same fence all the time: a bucket that went away and
 * came back in between was for a while not whole here.
 *
 * @throws what {@link admitRead} throws
 */
export function admitReadBetween(
  before: FenceRow | undefined,
  after: FenceRow | undefined,
  bucket: number,
  pool: ObservedPool,
): void {
  admitRead(before, bucket, pool);
  admitRead(after, bucket, pool);
  if (before!.generation !== after!.generation)
    throw observeRejection(pool, new FenceError(`bucket ${bucket} changed while it was read`));
}
