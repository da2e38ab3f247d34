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

/** How often a transaction is opened anew with the generation of keys that the fence has told. */
const MAX_OPENINGS = 3;

/** What a transaction is opened with. */
export interface OpenOptions {
  readonly buckets: TargetBuckets;
  /** The generation of keys that goes with the target, as far as it is known. */
  readonly keyGeneration: number;
  /** Where the range of the target's number begins by the map, decimal text. */
  readonly rangeFrom: string;
  /** How long each later statement that controls it may take, milliseconds. */
  readonly timeoutMs: number;
  /** How long the opening may take, milliseconds; `timeoutMs` by default. */
  readonly beginWithinMs?: number;
  /** When its caller gives it up, on the clock of `performance.now()`: later than that nothing is committed. None by default. */
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
  /** Its savepoints. Each that sends something in it says so there. */
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
   * Begins on `connection`, in one round trip, if the fences let the target be written here: the server judges. When it
   * throws, no transaction is open, or the connection is destroyed.
   *
   * @throws BucketElsewhereError when the bucket lives on another shard
   * @throws FenceError when a fence is shut or locked for the moment
   * @throws NumberNotWritableError when the number is too old, or not of now though it should be fresh
   * @throws KeyElsewhereError when number and key live apart, or the key was looked for up to another generation
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

  /** Opens it; where the fence is of another generation of keys, this one's is returned, and nothing is open. */
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

  /** Makes the transaction one that can only be rolled back; also while a commit waits for what was sent before. */
  doom(): void {
    this.#fault ??= 'part failed';
  }

  /**
   * Commits: when all that was sent before is answered, and the server has said at each answer that the transaction is
   * open. One that refuses to be committed is still open.
   *
   * @throws RollbackOnlyError when a part has failed, or the server has given it up
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

  /** Takes everything back after an error, and returns the error to tell: another one when something may stay. */
  async abandon(error: unknown): Promise<unknown> {
    if (error instanceof UnknownOutcomeError || (!this.open && this.#fault !== 'ended')) return error;
    return this.rollback(error).then(
      () => error,
      (unknown: unknown) => unknown,
    );
  }

  /**
   * Takes everything back: confirmed by the server, or the connection is destroyed, which does the same.
   *
   * @param reason why; after the loss of the connection there is nobody to ask
   * @throws UnknownOutcomeError when a statement has ended the transaction: what was written before may stay
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

  /** Has the server answer with an OK, which says whether a transaction is open. */
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

  /** Waits for what was sent; when that takes too long the connection is destroyed: nothing was committed then. */
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

/** The database's time at which a fresh number is of now. */
function windowOf({ number, fresh }: WriteTarget): { from: number; to: number } | undefined {
  if (number === undefined || fresh !== true) return undefined;
  const { timeMs } = decodeNumber(number);
  return { from: timeMs - FRESH_NUMBER_WINDOW.aheadMs, to: timeMs + FRESH_NUMBER_WINDOW.behindMs };
}
