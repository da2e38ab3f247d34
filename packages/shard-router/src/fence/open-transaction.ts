import type { PoolConnection } from 'mysql2';
import { timeUntil } from '../context/scope.ts';
import {
  DeadlineExceededError,
  FenceError,
  RollbackOnlyError,
  ScopeClosedError,
  ShardUnavailableError,
  UnknownOutcomeError,
} from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import { observeRejection } from '../observe/observe-pool.ts';
import { isCommitRefused, isConnectionLost } from '../pools/mysql-errors.ts';
import type { SentIn } from '../pools/send-within.ts';
import { commitScope, openScope, openTextScope, pingScope, rollbackScope } from '../sql/open-scope.ts';
import { admit, type TargetBuckets } from './admit.ts';
import { FRESH_NUMBER_WINDOW } from './fence.ts';
import { refusalOf } from './refusal.ts';
import { type Fault, saysInTransaction, SentStatements } from './sent-statements.ts';
import { TransactionParts } from './transaction-parts.ts';
import { describeTarget, type WriteTarget } from './write-target.ts';

/** How often a transaction is opened at most, each time again with the generation of keys that the fence has reported. */
const MAX_OPENINGS = 3;

/** What a transaction is opened with. */
export interface OpenOptions {
  readonly buckets: TargetBuckets;
  /** The generation of keys that goes with the target, as far as it is known. */
  readonly keyGeneration: number;
  /** Where the range of the target's number begins in the map, decimal text. */
  readonly rangeFrom: string;
  /** Time limit of each later statement that controls the transaction, milliseconds. */
  readonly timeoutMs: number;
  /** How long the opening may take, milliseconds; `timeoutMs` by default. */
  readonly beginWithinMs?: number;
  /** When its caller gives up, on the clock of `performance.now()`: nothing is committed later than that. None by default. */
  readonly deadline?: number;
  readonly pool?: SentIn | undefined;
}

/** A read-write transaction that is open on a connection, with its fences held. */
export class OpenTransaction {
  readonly connection: PoolConnection;
  readonly target: WriteTarget;
  readonly buckets: TargetBuckets;
  /** The generation of keys that a key written in this transaction belongs to. */
  readonly keyGeneration: number;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  readonly #pool: SentIn | undefined;
  readonly #sent: SentStatements;
  #state: 'open' | 'ending' | 'ended' = 'open';
  /** Why it cannot be committed. */
  #fault: Fault | 'part failed' | undefined;
  /** Its savepoints. Every sender of a statement in the transaction reports it here. */
  readonly parts = new TransactionParts(() => this.doom());

  private constructor(connection: PoolConnection, target: WriteTarget, options: OpenOptions) {
    this.connection = connection;
    this.target = target;
    this.buckets = options.buckets;
    this.keyGeneration = options.keyGeneration;
    this.#timeoutMs = options.timeoutMs;
    this.#deadline = options.deadline ?? Infinity;
    this.#pool = options.pool;
    this.#sent = new SentStatements(connection, (fault) => this.#failed(fault));
  }

  /**
   * Begins on `connection`, in one round trip, if the fences let the target be written here; the server decides that. When
   * this throws, no transaction is open, or the connection is destroyed.
   *
   * @throws BucketElsewhereError when the bucket lives on another shard
   * @throws FenceError when a fence is shut or locked for the moment
   * @throws NumberNotWritableError when the number is too old, or should be fresh and its time is too far from now
   * @throws KeyElsewhereError when number and key live on different shards, or the key was looked for up to another
   *   generation
   */
  static async begin(
    connection: PoolConnection,
    target: WriteTarget,
    options: OpenOptions,
  ): Promise<OpenTransaction> {
    let keyGeneration = target.keyGeneration ?? options.keyGeneration;
    for (let opening = 1; ; opening += 1) {
      const open = new OpenTransaction(connection, target, { ...options, keyGeneration });
      const told = await open.#open(options.beginWithinMs ?? options.timeoutMs, options.rangeFrom);
      if (told === undefined) return open;
      if (opening === MAX_OPENINGS)
        throw new FenceError(`the fence of ${describeTarget(target)} opens and shuts`);
      keyGeneration = told;
    }
  }

  /** Opens the transaction. If the fence has another generation of keys, returns that generation, and nothing is open. */
  async #open(timeoutMs: number, rangeFrom: string): Promise<number | undefined> {
    const { connection, target, buckets, keyGeneration } = this;
    const request = { number: target.number, ...buckets, keyGeneration, rangeFrom, window: windowOf(target) };
    try {
      const answer = await (target.text === undefined
        ? openScope(connection, timeoutMs, request, this.#pool)
        : openTextScope(connection, timeoutMs, target.text, buckets.bucket!, this.#pool));
      if (saysInTransaction(answer) === true) return undefined;
    } catch (error) {
      this.#end();
      const refusal = refusalOf(error);
      if (refusal === undefined) {
        connection.destroy(); // How far the server came is not known.
        throw error;
      }
      try {
        admit(target, buckets, refusal.fence, refusal.keyFences);
      } catch (reason) {
        throw observeRejection(this.#pool, reason);
      }
      return refusal.keyFences[0]?.key_generation ?? keyGeneration;
    }
    this.#end();
    connection.destroy();
    throw new ShardUnavailableError(
      this.#pool?.shard ?? -1,
      'the transaction was not open when it had been begun',
    );
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** Makes the transaction rollback-only; works also while a commit waits for earlier statements. */
  doom(): void {
    this.#fault ??= 'part failed';
  }

  /**
   * Commits, once every statement sent before is answered, and the server has said at each answer that the transaction is
   * open. After a RollbackOnlyError or a DeadlineExceededError the transaction is still open.
   *
   * @throws RollbackOnlyError when a part has failed, or the server has given up the transaction
   * @throws DeadlineExceededError when its deadline has passed
   * @throws UnknownOutcomeError when the answer is lost, or a statement has ended the transaction before
   */
  async commit(): Promise<void> {
    if (this.#fault !== 'ended' && this.#state !== 'open')
      throw new ScopeClosedError('the transaction has ended already');
    const under = this.#sent.answered();
    if (under !== undefined) {
      this.#state = 'ending';
      await this.#untilAnswered(under);
      if (this.#state === 'ending') this.#state = 'open';
    }
    if (this.#sent.doubtful) await this.#askWhetherOpen();
    if (this.#fault === 'ended') throw this.#unknown('a statement has ended the transaction');
    if (this.#fault !== undefined) {
      throw new RollbackOnlyError('a nested part of the transaction failed: it cannot be committed');
    }
    const withinMs = Math.min(this.#timeoutMs, Math.ceil(timeUntil(this.#deadline)));
    if (withinMs <= 0) throw new DeadlineExceededError('the deadline has passed before COMMIT was sent');
    this.#end();
    let answer: unknown;
    try {
      answer = await commitScope(this.connection, withinMs, this.#pool);
    } catch (error) {
      if (isCommitRefused(error)) {
        await this.rollback();
        throw error;
      }
      throw this.#unknown('the answer to COMMIT was lost', error);
    }
    if (saysInTransaction(answer) !== false) throw this.#unknown('a transaction was open after COMMIT');
  }

  /** Rolls back after an error, and returns the error to throw: another one when some writes may stay. */
  async abandon(error: unknown): Promise<unknown> {
    if (error instanceof UnknownOutcomeError || (!this.open && this.#fault !== 'ended')) return error;
    return this.rollback(error).then(
      () => error,
      (unknown: unknown) => unknown,
    );
  }

  /**
   * Rolls back everything: the server confirms it, or the connection is destroyed, which does the same.
   *
   * @param reason why; after the loss of the connection no ROLLBACK is sent
   * @throws UnknownOutcomeError when a statement has ended the transaction: earlier writes may stay
   */
  async rollback(reason?: unknown): Promise<void> {
    if (this.#state === 'open' && this.#sent.doubtful) await this.#askWhetherOpen();
    if (this.#fault === 'ended') throw this.#unknown('a statement has ended the transaction', reason);
    this.#end();
    if (reason !== undefined && isConnectionLost(reason)) {
      this.connection.destroy();
      return;
    }
    try {
      const answer = await rollbackScope(this.connection, this.#timeoutMs, this.#pool);
      if (saysInTransaction(answer) !== false) this.connection.destroy();
    } catch {
      this.connection.destroy();
    }
  }

  /** Makes the server answer with an OK packet, which says whether a transaction is open. */
  async #askWhetherOpen(): Promise<void> {
    try {
      await pingScope(this.connection, this.#timeoutMs, this.#pool);
    } catch {
      this.doom();
    }
  }

  #end(): void {
    this.#state = 'ended';
    this.#sent.stop();
  }

  #failed(fault: Fault): void {
    if (this.#state === 'ended') return;
    if (fault === 'ended') {
      this.#fault = fault;
      this.#end();
      this.connection.destroy();
    } else this.#fault ??= fault;
  }

  /**
   * Waits until all sent statements are answered. When that takes too long it destroys the connection: nothing was committed
   * then.
   */
  async #untilAnswered(under: Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.connection.destroy(), this.#timeoutMs);
    await under;
    clearTimeout(timer);
    if (this.#sent.answered() !== undefined) this.doom();
  }

  #unknown(why: string, cause?: unknown): UnknownOutcomeError {
    this.connection.destroy();
    return new UnknownOutcomeError(`${why}, for ${describeTarget(this.target)}: it may be there, or not`, {
      cause,
    });
  }
}

/**
 * Returns the range of the database's time in which a fresh number counts as new, milliseconds; undefined if it need not be.
 */
function windowOf({ number, fresh }: WriteTarget): { from: number; to: number } | undefined {
  if (number === undefined || fresh !== true) return undefined;
  const { timeMs } = decodeNumber(number);
  return { from: timeMs - FRESH_NUMBER_WINDOW.aheadMs, to: timeMs + FRESH_NUMBER_WINDOW.behindMs };
}
