import { TransactionControlError } from '../errors.ts';
import { isInTransaction } from './server-status.ts';
import { ConnectionSession, type ShardSession } from './session.ts';
import type { ShardPool } from './shard-pool.ts';

/** How long things of a session may take, milliseconds. */
export interface SessionTimes {
  /** The wait for a connection; default: that of the pool. */
  readonly waitMs?: number;
  /** A statement, asked before each; throws when none may be sent any more. Default: that of the pool. */
  readonly statementMs?: () => number;
}

/**
 * Runs `fn` with a session on a connection of a pool. However it ends, the session is closed and its connection given back.
 *
 * @throws TransactionControlError when `fn` resolves with a transaction open: what it wrote is not committed
 */
export function inSession<T>(
  pool: ShardPool,
  fn: (session: ShardSession) => Promise<T>,
  {
    waitMs = pool.limits.queueTimeoutMs,
    statementMs = () => pool.limits.statementTimeoutMs,
  }: SessionTimes = {},
): Promise<T> {
  return pool.connectedWithin(waitMs, async (connection) => {
    const session = new ConnectionSession(pool.shard, connection, statementMs, pool);
    try {
      const value = await fn(session);
      if (isInTransaction(connection)) {
        throw new TransactionControlError(
          `a transaction was left open on shard ${pool.shard}: what it wrote is rolled back`,
        );
      }
      return value;
    } finally {
      session.end();
    }
  });
}
