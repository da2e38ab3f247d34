import type { PoolConnection } from 'mysql2';
import { RollbackOnlyError, ScopeClosedError, UnknownOutcomeError } from '../errors.ts';
import { describeTarget, type WriteTarget } from './write-target.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import type { ObservedPool } from '../observe/telemetry.ts';
import { isConnectionLost } from '../pools/mysql-errors.ts';
import { commitScope, openScope, rollbackScope } from '../sql/open-scope.ts';
import { admit, type TargetBuckets } from './admit.ts';
import { keyFenceOf } from './fence.ts';

/** A read-write transaction that is open on a connection, with its fences held. */
export class OpenTransaction {
  readonly connection: PoolConnection;
  readonly target: WriteTarget;
  readonly buckets: TargetBuckets;
  /** The generation of keys that a key written in this transaction belongs to. */
  readonly keyGeneration: number;
  readonly #timeoutMs: number;
  readonly #pool: ObservedPool | undefined;
  #state: 'open' | 'rollback only' | 'ended' = 'open';
  /** The parts of it that are open, by savepoint, oldest first. */
  readonly #parts: { readonly name: string; readonly owner: object }[] = [];
  #begun = 0;
  /** Whether parts of several owners are open at once, or were since the last time that none was. */
  #interleaved = false;

  private constructor(
    connection: PoolConnection,
    target: WriteTarget,
    buckets: TargetBuckets,
    keyGeneration: number,
    timeoutMs: number,
    pool: ObservedPool | undefined,
  ) {
    this.connection = connection;
    this.target = target;
    this.buckets = buckets;
    this.keyGeneration = keyGeneration;
    this.#timeoutMs = timeoutMs;
    this.#pool = pool;
  }

  /**
   * Begins on `connection`, in one round trip, if the fences let the target be written here. When it throws, no
   * transaction is open, or the connection has failed.
   *
   * @param timeoutMs how long each later statement that controls it may take
   * @param beginWithinMs how long this one may take
   * @throws BucketElsewhereError when the bucket lives on another shard
   * @throws FenceError when a fence is shut or locked for the moment
   * @throws NumberNotWritableError when the number is too old, or not of now though it should be fresh
   */
  static async begin(
    connection: PoolConnection,
    target: WriteTarget,
    buckets: TargetBuckets,
    timeoutMs: number,
    pool?: ObservedPool,
    beginWithinMs = timeoutMs,
  ): Promise<OpenTransaction> {
    const { fence, keyFences } = await openScope(connection, beginWithinMs, target.number, buckets, pool);
    try {
      admit(target, buckets, fence, keyFences);
    } catch (error) {
      observeRejection(pool, error);
      await rollbackScope(connection, timeoutMs, pool);
      throw error;
    }
    const keyGeneration = keyFenceOf(keyFences, target.number)?.key_generation ?? 0;
    return new OpenTransaction(connection, target, buckets, keyGeneration, timeoutMs, pool);
  }

  get open(): boolean {
    return this.#state !== 'ended';
  }

  /** Makes the transaction one that can only be rolled back. */
  doom(): void {
    if (this.#state === 'open') this.#state = 'rollback only';
  }

  /** Begins a part of the transaction for `owner`: the statement that does it. */
  enter(owner: object): string {
    const around = this.#parts.at(-1);
    if (around !== undefined && around.owner !== owner) this.#interleaved = true;
    this.#begun += 1;
    const part = { name: `ordershard_${this.#begun}`, owner };
    this.#parts.push(part);
    return `SAVEPOINT ${part.name}`;
  }

  /**
   * Ends the innermost part of `owner`: the statement that does it, if one is needed. Undefined when `owner` has begun
   * none. A savepoint holds all that came after it, whoever sent it: once the parts of several owners overlap, none can
   * be taken back alone, so that a rollback is one of the whole.
   */
  leave(owner: object, how: 'commit' | 'rollback'): { readonly sql: string | undefined } | undefined {
    const at = this.#parts.findLastIndex((part) => part.owner === owner);
    if (at < 0) return undefined;
    const { name } = this.#parts[at]!;
    this.#parts.splice(at, 1);
    const overlaps = this.#interleaved;
    if (this.#parts.length === 0) this.#interleaved = false;
    if (how === 'rollback') {
      if (!overlaps) return { sql: `ROLLBACK TO SAVEPOINT ${name}` };
      this.doom();
    }
    return { sql: overlaps ? undefined : `RELEASE SAVEPOINT ${name}` };
  }

  /** Commits. Throws {@link UnknownOutcomeError} when the answer is lost. */
  async commit(): Promise<void> {
    if (this.#state === 'ended') throw new ScopeClosedError('the transaction has ended already');
    if (this.#state === 'rollback only') {
      throw new RollbackOnlyError('a nested part of the transaction failed: it cannot be committed');
    }
    this.#state = 'ended';
    try {
      await commitScope(this.connection, this.#timeoutMs, this.#pool);
    } catch (error) {
      if (!isConnectionLost(error)) {
        await this.rollback();
        throw error;
      }
      this.connection.destroy();
      throw new UnknownOutcomeError(`the answer to COMMIT for ${describeTarget(this.target)} was lost`, {
        cause: error,
      });
    }
  }

  /**
   * Takes everything back: confirmed by the server, or the connection is destroyed, which does the same.
   *
   * @param reason why; after the loss of the connection there is nobody to ask
   */
  async rollback(reason?: unknown): Promise<void> {
    this.#state = 'ended';
    if (reason !== undefined && isConnectionLost(reason)) {
      this.connection.destroy();
      return;
    }
    try {
      await rollbackScope(this.connection, this.#timeoutMs, this.#pool);
    } catch {
      this.connection.destroy();
    }
  }
}
