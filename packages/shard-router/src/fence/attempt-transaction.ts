import type { PoolConnection } from 'mysql2';
import { type Frame, nestedFrame, noteCommitted, remainingMs } from '../context/scope.ts';
import { endScope } from '../context/lent.ts';
import { ShardMismatchError, TransactionAbortedError, UnknownOutcomeError } from '../errors.ts';
import { isContention, isLockWait } from '../pools/mysql-errors.ts';
import type { ShardPool } from '../pools/shard-pool.ts';
import type { Shard } from '../pools/shard.ts';
import { onceOnly } from './follow-owner.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { ShardTransaction } from './shard-transaction.ts';
import { checkJoins, describeTarget, type WriteTarget } from './write-target.ts';

/** The functions that a transaction needs from the router. */
export interface TransactionHost {
  /** Begins a fenced transaction on a connection. */
  begin(
    connection: PoolConnection,
    frame: Frame,
    target: WriteTarget,
    pool: ShardPool,
  ): Promise<OpenTransaction>;
  /** Runs a function in a frame, and closes the frame when it is done. */
  run<T>(frame: Frame, fn: () => T | PromiseLike<T>): Promise<T>;
}

/** The function that a transaction runs. */
export type TransactionFunction<T> = (transaction: ShardTransaction) => T | PromiseLike<T>;

/**
 * Makes one attempt of a transaction on a shard: begins it, runs `fn` inside it, and commits. If the server gave it up, or a
 * fence refused it, the caller may attempt it again, unless something else was committed inside it in the meantime.
 */
export async function attemptTransaction<T>(
  host: TransactionHost,
  shard: Shard,
  frame: Frame,
  target: WriteTarget,
  fn: TransactionFunction<T>,
): Promise<T> {
  const pool = shard.writer();
  return shard.attempt(() =>
    pool.connectedWithin(remainingMs(frame, pool.limits.queueTimeoutMs), async (connection) => {
      const open = await translated(pool, host.begin(connection, frame, target, pool));
      try {
        const value = await host.run({ ...frame, transaction: open }, () => fn(handle(open, frame, pool)));
        await translated(pool, open.commit());
        noteCommitted(frame, shard.id);
        return value;
      } catch (thrown) {
        const error = await open.abandon(thrown);
        const told = isContention(error)
          ? new TransactionAbortedError(`shard ${shard.id} gave it up`, { cause: error })
          : error;
        // Another attempt would wait as long again for the same lock.
        if (frame.life.committed || isLockWait(error)) onceOnly(told);
        if (error instanceof UnknownOutcomeError) noteCommitted(frame, shard.id);
        throw told;
      }
    }),
  );
}

/** Runs `fn` as a part of the open transaction around it. If `fn` throws, the whole transaction can no longer commit. */
export async function joinTransaction<T>(
  host: TransactionHost,
  pool: ShardPool,
  outer: Frame,
  open: OpenTransaction,
  target: WriteTarget,
  fn: TransactionFunction<T>,
): Promise<T> {
  checkJoins(open.target, target);
  const frame = nestedFrame(outer, outer.shard, open.target, {});
  try {
    return await host.run(frame, () => fn(handle(open, frame, pool)));
  } catch (error) {
    open.doom();
    throw error;
  }
}

/**
 * Runs a read of a number or a text key inside the open transaction around it, which holds the fences. The read sees the
 * transaction's own rows.
 *
 * @throws ShardMismatchError when the transaction is for another number or text key
 */
export async function readInTransaction<T>(
  pool: ShardPool,
  outer: Frame,
  open: OpenTransaction,
  target: WriteTarget,
  timeoutMs: number | undefined,
  fn: TransactionFunction<T>,
): Promise<T> {
  if (open.target.number !== target.number || open.target.text !== target.text)
    throw new ShardMismatchError(
      `a transaction for ${describeTarget(open.target)} is open: ${describeTarget(target)} cannot be read inside it`,
    );
  const frame = nestedFrame(outer, outer.shard, open.target, timeoutMs === undefined ? {} : { timeoutMs });
  try {
    return await fn(handle(open, frame, pool));
  } finally {
    endScope(frame.life);
  }
}

/**
 * Translates errors of the router's own statements into the router's errors. Errors of the transaction's function stay as
 * they are.
 */
async function translated<T>(pool: ShardPool, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw pool.translate(error);
  }
}

function handle(open: OpenTransaction, frame: Frame, pool: ShardPool): ShardTransaction {
  return new ShardTransaction(
    frame.shard,
    open,
    () => remainingMs(frame, pool.limits.statementTimeoutMs),
    pool,
  );
}
