import { TopologyError } from '../errors.ts';
import type { ShardTransaction } from '../fence/shard-transaction.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { ExecuteResult, ShardSession } from '../pools/session.ts';
import { controlRefusal } from '../pools/transaction-control.ts';
import { checkValues, type SqlValue } from '../pools/values.ts';
import { bucketsOfTarget } from '../topology/shard-of-target.ts';

/** A transaction that is open in memory. */
export class MemoryTransaction {
  /** Counted from 1. */
  readonly count: number;
  readonly target: WriteTarget;
  open = true;
  /** Whether a part of it has failed. */
  doomed = false;

  constructor(count: number, target: WriteTarget) {
    this.count = count;
    this.target = target;
  }
}

/** Answers a statement with rows. */
type Send = (sql: string, values: readonly SqlValue[]) => Promise<readonly unknown[]>;

/**
 * A session whose statements a function answers.
 *
 * @param fenced whether the transaction is the router's, so that no statement may control it
 */
export function memorySession(shard: number, fenced: boolean, send: Send): ShardSession {
  const checked = async (sql: string, values: readonly SqlValue[] = []): Promise<readonly unknown[]> => {
    const refusal = fenced ? controlRefusal(sql) : undefined;
    if (refusal !== undefined) throw refusal;
    checkValues(values);
    return send(sql, values);
  };
  return {
    shard,
    query: async <Row>(sql: string, values?: readonly SqlValue[]) =>
      [...(await checked(sql, values))] as Row[],
    execute: async (sql, values): Promise<ExecuteResult> => {
      await checked(sql, values);
      return { affectedRows: 1, insertId: '0' };
    },
  };
}

/** The handle of a transaction in memory. */
export function memoryTransaction(
  transaction: MemoryTransaction,
  session: ShardSession,
  bucketCount: number,
): ShardTransaction {
  const { target } = transaction;
  const { bucket, keyBucket } = bucketsOfTarget(target, bucketCount);
  const handle = {
    ...session,
    target,
    get open() {
      return transaction.open;
    },
    get number() {
      if (target.number === undefined)
        throw new TopologyError('this transaction is for a key, not for a number');
      return target.number;
    },
    bucket: bucket ?? keyBucket,
    keyBucket,
    keyGeneration: 0,
  };
  return handle as unknown as ShardTransaction;
}
