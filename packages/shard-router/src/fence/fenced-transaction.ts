import type { PoolConnection } from 'mysql2/promise';
import { TransactionAbortedError, UnknownOutcomeError } from '../errors.ts';
import { isConnectionFailure, isContention, translateError } from '../pools/mysql-errors.ts';
import { PooledSession, type ShardSession } from '../pools/session.ts';
import type { ShardPool } from '../pools/shard-pool.ts';
import { commitScope, openScope, rollbackScope } from '../sql/open-scope.ts';
import { type BucketFence, judge, type KeyFence, type Verdict } from './fence.ts';

/** What a write is routed and fenced by. */
export interface WriteTarget {
  /** The number that the rows belong to. */
  readonly number: bigint;
  /** A key that is written in the same transaction, and so must live on the same shard as the number. */
  readonly key?: string;
  /** Whether the number was drawn just now for rows that do not exist yet. Then its time must be near the database's. */
  readonly fresh?: boolean;
}

/** A read-write transaction on the shard of a number, whose fences it has passed and holds until it ends. */
export interface ShardTransaction extends ShardSession {
  readonly number: bigint;
  readonly bucket: number;
  readonly keyBucket: number | undefined;
  /** The generation of keys that a key written in this transaction belongs to. */
  readonly keyGeneration: number;
  /** False once the transaction has ended, whichever way. */
  readonly open: boolean;
}

/** The buckets of a {@link WriteTarget}. */
export interface TargetBuckets {
  readonly bucket: number;
  readonly keyBucket: number | undefined;
}

/** How an attempt to run a transaction went. */
export type Attempt<T> = { readonly kind: 'done'; readonly value: T } | Exclude<Verdict, { kind: 'pass' }>;

class FencedTransaction extends PooledSession implements ShardTransaction {
  readonly number: bigint;
  readonly bucket: number;
  readonly keyBucket: number | undefined;
  readonly keyGeneration: number;
  #open = true;

  constructor(
    shard: number,
    connection: PoolConnection,
    timeoutMs: number,
    number: bigint,
    buckets: TargetBuckets,
    keyGeneration: number,
  ) {
    super(shard, connection, timeoutMs);
    this.number = number;
    this.bucket = buckets.bucket;
    this.keyBucket = buckets.keyBucket;
    this.keyGeneration = keyGeneration;
  }

  get open(): boolean {
    return this.#open;
  }

  override close(): void {
    this.#open = false;
    super.close();
  }
}

/** Judges the number's fence, then the newest generation of the key's. */
function judgeAll(
  fence: BucketFence | undefined,
  keyFences: readonly KeyFence[],
  { bucket, keyBucket }: TargetBuckets,
): Verdict {
  const verdict = judge(fence, `bucket ${bucket}`);
  if (verdict.kind !== 'pass' || keyBucket === undefined) return verdict;
  return judge(keyFences.at(-1), `key bucket ${keyBucket}`);
}

/**
 * Runs `fn` in one transaction on the shard of `pool`, if the fences let it. Whatever fails before COMMIT is rolled
 * back, and that is confirmed, or the connection is destroyed.
 *
 * @param admit called with the fence that was read, to refuse the number itself by throwing
 * @throws TransactionAbortedError when the server gave it up for the sake of others
 * @throws UnknownOutcomeError when the answer to COMMIT was lost
 */
export async function attemptTransaction<T>(
  pool: ShardPool,
  target: WriteTarget,
  buckets: TargetBuckets,
  admit: (fence: BucketFence) => void,
  fn: (transaction: ShardTransaction) => Promise<T>,
): Promise<Attempt<T>> {
  return pool.connected(async (connection, { statementTimeoutMs: timeout }) => {
    let transaction: FencedTransaction | undefined;
    try {
      const { fence, keyFences } = await openScope(
        connection,
        timeout,
        target.number,
        buckets.bucket,
        buckets.keyBucket,
      );
      const verdict = judgeAll(fence, keyFences, buckets);
      if (verdict.kind !== 'pass') {
        await rollbackScope(connection, timeout);
        return verdict;
      }
      admit(fence!);
      const keyGeneration = keyFences.at(-1)?.key_generation ?? 0;
      transaction = new FencedTransaction(
        pool.shard,
        connection,
        timeout,
        target.number,
        buckets,
        keyGeneration,
      );
      const value = await fn(transaction);
      transaction.close();
      await commit(connection, timeout, target.number);
      return { kind: 'done', value };
    } catch (error) {
      transaction?.close();
      throw await abandon(error, connection, timeout, pool.shard);
    }
  });
}

async function commit(connection: PoolConnection, timeout: number, number: bigint): Promise<void> {
  try {
    await commitScope(connection, timeout);
  } catch (error) {
    if (!isConnectionFailure(error)) throw error;
    throw new UnknownOutcomeError(`the answer to COMMIT for ${number} was lost`, { cause: error });
  }
}

/** Makes sure that nothing of a failed transaction stays, and gives the error to throw. */
async function abandon(
  error: unknown,
  connection: PoolConnection,
  timeout: number,
  shard: number,
): Promise<unknown> {
  if (error instanceof UnknownOutcomeError || isConnectionFailure(error)) {
    connection.destroy();
  } else {
    try {
      await rollbackScope(connection, timeout);
    } catch {
      connection.destroy();
    }
  }
  if (isContention(error)) {
    return new TransactionAbortedError(`shard ${shard} gave the transaction up`, { cause: error });
  }
  return translateError(error, shard);
}
