import type { PoolConnection } from 'mysql2';
import { runInFrame } from '../context/run-in-frame.ts';
import { checkWithin, type Frame, remainingMs, type ScopeOptions } from '../context/scope.ts';
import { checkScopeOptions } from '../entry/call-options.ts';
import { checkFunction } from '../entry/check-names.ts';
import { checkedTarget } from '../entry/check-target.ts';
import { TransactionControlError } from '../errors.ts';
import {
  attemptTransaction,
  joinTransaction,
  type TransactionFunction,
  type TransactionHost,
} from '../fence/attempt-transaction.ts';
import { OpenTransaction } from '../fence/open-transaction.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { observeTransaction } from '../observe/observe-transaction.ts';
import type { ShardPool } from '../pools/shard-pool.ts';
import { rangeStartOf } from '../topology/map.ts';
import { bucketsOfTarget, keyGenerationOf, shardOfTarget } from '../topology/shard-of-target.ts';
import { attemptsOf } from './attempts.ts';
import { routed, type RouterDependencies } from './dependencies.ts';

/** Runs `fn` in a transaction on the owner of a target, or as a part of the one that is open around it. */
export async function transact<T>(
  router: RouterDependencies,
  given: WriteTarget,
  fn: TransactionFunction<T>,
  options: ScopeOptions,
): Promise<T> {
  const target = checkedTarget(given);
  checkFunction(fn, 'the callback of a transaction');
  checkScopeOptions(options, 'transaction');
  const { carrier, map, shards, telemetry } = router;
  const host: TransactionHost = {
    begin: (connection, frame, of, pool) => beginFenced(router, connection, frame, of, pool),
    run: (frame, inside) => runInFrame(carrier, frame, inside),
  };
  const outer = carrier.current();
  if (outer?.transaction !== undefined) {
    return joinTransaction(host, shards.get(outer.shard).writer(), outer, outer.transaction, target, fn);
  }
  const attempts = attemptsOf(outer, target, options);
  const attempt = (shard: number) =>
    attemptTransaction(host, shards.get(shard), attempts.frame(shard), target, fn);
  const { observer } = telemetry;
  if (observer === undefined) return routed(router, target, attempt, attempts.deadline);
  return observeTransaction(observer, shardOfTarget(map.current, target), attempt, (counted) =>
    routed(router, target, counted, attempts.deadline),
  );
}

/**
 * Begins the transaction of a target on a connection of a frame's.
 *
 * @throws TransactionControlError on a replica
 * @throws ShardMismatchError while a transaction is open on another shard in a scope around the frame
 */
export async function beginFenced(
  { limits, map }: RouterDependencies,
  connection: PoolConnection,
  frame: Frame,
  target: WriteTarget,
  pool: ShardPool,
): Promise<OpenTransaction> {
  if (frame.role === 'reader' && pool.role === 'reader') {
    throw new TransactionControlError(
      'the scope reads from a replica: a transaction that writes needs a scope of the writer',
    );
  }
  checkWithin(frame, frame.shard);
  const limitMs = limits.statementTimeoutMs;
  const buckets = bucketsOfTarget(target, map.current.bucketCount);
  return OpenTransaction.begin(connection, target, {
    buckets,
    keyGeneration: target.key === undefined ? 0 : keyGenerationOf(map.current, target),
    rangeFrom: target.number === undefined ? '0' : rangeStartOf(map.current, target.number),
    timeoutMs: limitMs,
    beginWithinMs: remainingMs(frame, limitMs),
    deadline: frame.deadline,
    pool,
  });
}
