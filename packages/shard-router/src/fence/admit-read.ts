import { FenceError } from '../errors.ts';
import type { ObservedPool } from '../observe/telemetry.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import { demotedServer } from '../pools/mysql-errors.ts';
import type { FenceRow } from '../sql/read-fence.ts';
import { insist } from './admit.ts';
import { judge } from './fence.ts';

/**
 * Checks that a read of a bucket may pass its fence, on a server that takes writes.
 *
 * @throws ShardUnavailableError when the server is a replica or was demoted: its fence and its rows may be old
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
 * Checks that rows may be returned that were read between two looks at a fence: both looks must let the read pass, and show
 * the same generation. A bucket that went away and came back in between was incomplete here for a while.
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
