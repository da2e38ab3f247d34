import { type Frame, remainingMs } from '../context/scope.ts';
import { inSession } from '../pools/in-session.ts';
import type { ShardSession } from '../pools/session.ts';
import type { Shard } from '../pools/shard.ts';
import { controlRefusal } from '../pools/transaction-control.ts';
import { readFence } from '../sql/read-fence.ts';
import { admitRead, admitReadBetween } from './admit-read.ts';
import type { FencedRows } from './rows-fence.ts';

/**
 * Runs `fn` with a read-only session on a shard, and returns its result only if the fence of the rows' bucket let the rows be
 * read both before and afterwards. When `fn` has ended, with or without success, the session refuses all work.
 *
 * A statement that controls a transaction is refused: it could end the session's read-only mode.
 *
 * @throws BucketElsewhereError, FenceError
 * @throws ShardUnavailableError when the server does not take writes any more
 */
export async function fencedSession<T>(
  shard: Shard,
  frame: Frame,
  { bucket, fence }: FencedRows,
  fn: (session: ShardSession) => T | PromiseLike<T>,
): Promise<T> {
  const pool = shard.writer();
  const times = {
    waitMs: remainingMs(frame, pool.limits.queueTimeoutMs),
    statementMs: () => remainingMs(frame, pool.limits.statementTimeoutMs),
  };
  return inSession(
    pool,
    async (session) => {
      const before = await readFence(session, fence);
      admitRead(before, bucket, pool);
      const value = await fn(reading(session));
      admitReadBetween(before, await readFence(session, fence), bucket, pool);
      return value;
    },
    times,
  );
}

function reading(session: ShardSession): ShardSession {
  return {
    shard: session.shard,
    query: (sql, values) => {
      const refusal = controlRefusal(sql);
      return refusal === undefined ? session.query(sql, values) : Promise.reject(refusal);
    },
    execute: (sql, values) => {
      const refusal = controlRefusal(sql);
      return refusal === undefined ? session.execute(sql, values) : Promise.reject(refusal);
    },
  };
}
