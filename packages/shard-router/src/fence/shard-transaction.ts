import { TopologyError } from '../errors.ts';
import { ConnectionSession, type ExecuteResult, type ShardSession } from '../pools/session.ts';
import { controlRefusal } from '../pools/transaction-control.ts';
import type { SentIn } from '../pools/send-within.ts';
import type { SqlValue } from '../pools/values.ts';
import type { WriteTarget } from './write-target.ts';
import type { OpenTransaction } from './open-transaction.ts';

/** A handle of an open read-write transaction. The transaction has passed its fences and holds them until it ends. */
export class ShardTransaction implements ShardSession {
  readonly shard: number;
  readonly target: WriteTarget;
  readonly #open: OpenTransaction;
  readonly #session: ConnectionSession;

  constructor(shard: number, open: OpenTransaction, timeoutMs: () => number, pool?: SentIn) {
    this.shard = shard;
    this.target = open.target;
    this.#open = open;
    this.#session = new ConnectionSession(shard, open.connection, timeoutMs, pool);
  }

  /** False once the transaction has ended, in any way. */
  get open(): boolean {
    return this.#open.open;
  }

  /** The number that the transaction is for. Throws a TopologyError in a transaction for a key alone. */
  get number(): bigint {
    if (this.target.number === undefined)
      throw new TopologyError('this transaction is for a key, not for a number');
    return this.target.number;
  }

  /** The bucket that rows written here must carry: the number's, or the key's in a transaction for a key alone. */
  get bucket(): number {
    return (this.#open.buckets.bucket ?? this.#open.buckets.keyBucket)!;
  }

  get keyBucket(): number | undefined {
    return this.#open.buckets.keyBucket;
  }

  /** The generation of keys that a key written here belongs to. */
  get keyGeneration(): number {
    return this.#open.keyGeneration;
  }

  query<Row>(sql: string, values?: readonly SqlValue[]): Promise<Row[]> {
    const refusal = controlRefusal(sql);
    return refusal === undefined ? this.#live().query<Row>(sql, values) : Promise.reject(refusal);
  }

  execute(sql: string, values?: readonly SqlValue[]): Promise<ExecuteResult> {
    const refusal = controlRefusal(sql);
    return refusal === undefined ? this.#live().execute(sql, values) : Promise.reject(refusal);
  }

  #live(): ConnectionSession {
    this.#open.parts.sent(this.#open);
    if (!this.#open.open) this.#session.close();
    return this.#session;
  }
}
