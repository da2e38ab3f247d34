import { asyncLocalStorageCarrier } from '../context/async-local-storage-carrier.ts';
import { endScope } from '../context/lent.ts';
import { holdsTransaction } from '../context/holds-transaction.ts';
import { runInFrame } from '../context/run-in-frame.ts';
import { checkWithin, type Frame, nestedFrame, remainingMs, type ScopeOptions } from '../context/scope.ts';
import { checkKeyLook, checkQuery, checkScopeOptions, NO_OPTIONS } from '../entry/call-options.ts';
import { A_COUNT, A_FUNCTION, checkFunction, checkOptions, type OptionKinds } from '../entry/check-names.ts';
import { checkedTarget, checkKeyText, checkNumber } from '../entry/check-target.ts';
import { shown } from '../entry/shown.ts';
import type { KeyLook } from '../epochs/earlier-keys.ts';
import {
  NumbersUnavailableError,
  RollbackOnlyError,
  ScopeClosedError,
  ShardMismatchError,
  UnknownShardError,
} from '../errors.ts';
import { checkJoins, describeTarget, type WriteTarget } from '../fence/write-target.ts';
import type { ShardTransaction } from '../fence/shard-transaction.ts';
import { NumberGenerator } from '../ids/generator.ts';
import { workerRange } from '../ids/snowflake.ts';
import type { ShardSession } from '../pools/session.ts';
import type { SqlValue } from '../pools/values.ts';
import { bucketOf, DEFAULT_BUCKETS } from '../routing/bucket.ts';
import { hashedOf, type Key, type RowKey, targetOfKey, targetOfRows } from '../routing/key-target.ts';
import { initialMap, type ShardMap } from '../topology/map.ts';
import { shardOfTarget } from '../topology/shard-of-target.ts';
import type { StatementLike } from '../write/statement.ts';
import { memorySession, memoryTransaction, MemoryTransaction } from './memory-session.ts';

/** A statement that was sent to a shard in memory. */
export interface RecordedStatement {
  readonly shard: number;
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** The number of its transaction, counted from 1; 0 outside of one. */
  readonly transaction: number;
}

export interface MemoryRouterOptions {
  /** How many shards; default 2. */
  readonly shards?: number;
  readonly bucketCount?: number;
  /** Answers a statement: rows for `query`; default none. A throw is the statement's failure. */
  readonly answer?: (statement: RecordedStatement) => readonly unknown[] | Promise<readonly unknown[]>;
  /** The clock of the numbers, milliseconds of Unix time; default a fixed instant that moves on with each draw. */
  readonly now?: () => number;
}

const OPTIONS: OptionKinds<MemoryRouterOptions> = {
  shards: A_COUNT,
  bucketCount: A_COUNT,
  answer: A_FUNCTION,
  now: A_FUNCTION,
};

/** A frame of the router's own kind, with the transaction that is open in it. */
interface MemoryFrame extends Frame {
  readonly memory: MemoryTransaction | undefined;
}

/**
 * A router without servers, for unit tests of code that takes a router. Keys and numbers go to the shards that they would go
 * to in a fresh cluster of the same size. Statements are recorded, and a function answers them. What the router refuses
 * before it asks a server is refused here by the same checks: arguments, options, shards inside a transaction, scopes that
 * are over, statements that control a transaction. It has no fence, no pool and no SQL, and merges nothing: test those on
 * real servers.
 */
export class MemoryRouter {
  readonly map: ShardMap;
  readonly statements: RecordedStatement[] = [];
  /** The transactions that have committed, by their count. */
  readonly committed: number[] = [];
  readonly #answer: NonNullable<MemoryRouterOptions['answer']>;
  readonly #generator: NumberGenerator;
  readonly #carrier = asyncLocalStorageCarrier<Frame>();
  readonly #ids: readonly number[];
  #transactions = 0;

  constructor(options: MemoryRouterOptions = {}) {
    checkOptions<MemoryRouterOptions>(options, OPTIONS, 'MemoryRouter');
    const { shards = 2, bucketCount = DEFAULT_BUCKETS, answer, now } = options;
    this.#ids = Array.from({ length: shards }, (_, id) => id);
    this.map = initialMap('memory', bucketCount, this.#ids);
    this.#answer = answer ?? (() => []);
    let ticks = Date.UTC(2026, 0, 1);
    this.#generator = new NumberGenerator(
      () => ({ ...workerRange(0, 0), fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }),
      now ?? (() => (ticks += 1)),
    );
  }

  get bucketCount(): number {
    return this.map.bucketCount;
  }

  bucketOf(key: Key): number {
    return bucketOf(hashedOf(checkedTarget(targetOfKey(key))), this.bucketCount);
  }

  shardOf(key: Key): number {
    return shardOfTarget(this.map, checkedTarget(targetOfKey(key)));
  }

  allShards(): readonly number[] {
    return this.#ids;
  }

  liveShards(): readonly number[] {
    return this.#ids;
  }

  /** Whether the caller is inside a transaction. */
  get inTransaction(): boolean {
    return holdsTransaction(this.#carrier.current());
  }

  drawNumber(on?: number): bigint {
    if (on !== undefined) this.#known(on);
    for (let tries = 0; tries < 50_000; tries += 1) {
      const number = this.#generator.draw();
      if (on === undefined || this.shardOf(number) === on) return number;
    }
    throw new NumbersUnavailableError(`no number lives on shard ${on}`);
  }

  drawNumberFor(key: string): bigint {
    checkKeyText(key);
    return this.drawNumber(this.shardOf({ key }));
  }

  keyGenerationOf(number: bigint): number {
    checkNumber(number);
    return 0;
  }

  /** A cluster in memory has one epoch. */
  async readEarlier<Row>(key: string, look: KeyLook, query: StatementLike<Row>): Promise<Row | undefined> {
    checkKeyText(key);
    checkKeyLook(look);
    checkQuery(query);
    return undefined;
  }

  refreshMap(): Promise<void> {
    return Promise.resolve();
  }

  async withKey<T>(key: Key, fn: () => T | PromiseLike<T>, options: ScopeOptions = NO_OPTIONS): Promise<T> {
    checkFunction(fn, "the callback of a key's scope");
    checkScopeOptions(options, 'withKey');
    const target = checkedTarget(targetOfKey(key));
    return this.#run(this.#frame(shardOfTarget(this.map, target), target, options), fn);
  }

  async withShard<T>(
    shard: number,
    fn: () => T | PromiseLike<T>,
    options: ScopeOptions = NO_OPTIONS,
  ): Promise<T> {
    this.#known(shard);
    checkFunction(fn, "the callback of a shard's scope");
    checkScopeOptions(options, 'withShard');
    return this.#run(this.#frame(shard, undefined, options), fn);
  }

  /** Runs `fn` outside of every scope of this router, and all that it begins. */
  outside<T>(fn: () => T): T {
    checkFunction(fn, 'what runs outside');
    return this.#carrier.run(undefined, fn);
  }

  /** A function that runs each call of `fn` in the scope of the key that its arguments give. */
  sharded<A extends unknown[], R>(
    keyOf: (...args: A) => Key,
    fn: (...args: A) => R | PromiseLike<R>,
    options: ScopeOptions = NO_OPTIONS,
  ): (...args: A) => Promise<R> {
    checkFunction(keyOf, 'what gives the key');
    checkFunction(fn, 'what runs by key');
    checkScopeOptions(options, 'sharded');
    return async (...args) => this.withKey(keyOf(...args), () => fn(...args), options);
  }

  async transaction<T>(
    given: WriteTarget,
    fn: (transaction: ShardTransaction) => T | PromiseLike<T>,
    options: ScopeOptions = NO_OPTIONS,
  ): Promise<T> {
    const target = checkedTarget(given);
    checkFunction(fn, 'the callback of a transaction');
    checkScopeOptions(options, 'transaction');
    const around = this.#transactionAround();
    if (around !== undefined) return this.#join(around, target, fn);
    const frame = this.#frame(shardOfTarget(this.map, target), target, { ...options, role: 'writer' });
    this.#transactions += 1;
    const own = new MemoryTransaction(this.#transactions, target);
    frame.life.transactions += 1;
    try {
      const value = await this.#inTransaction({ ...frame, memory: own }, fn);
      if (own.doomed)
        throw new RollbackOnlyError('a nested part of the transaction failed: it cannot be committed');
      this.committed.push(own.count);
      return value;
    } finally {
      own.open = false;
      frame.life.transactions -= 1;
    }
  }

  /** A session of the owner; inside a transaction of the same number or text, one of that transaction. */
  async read<T>(
    of: RowKey,
    fn: (session: ShardSession) => T | PromiseLike<T>,
    options: ScopeOptions = NO_OPTIONS,
  ): Promise<T> {
    checkFunction(fn, 'the callback of a read');
    checkScopeOptions(options, 'read');
    const target = checkedTarget(targetOfRows(of));
    const around = this.#transactionAround();
    if (
      around !== undefined &&
      (around.target.number !== target.number || around.target.text !== target.text)
    )
      throw new ShardMismatchError(
        `a transaction for ${describeTarget(around.target)} is open: ${describeTarget(target)} cannot be read inside it`,
      );
    const frame = this.#frame(shardOfTarget(this.map, target), target, options);
    try {
      return await fn(this.#session(frame, true));
    } finally {
      endScope(frame.life);
    }
  }

  async onShard<T>(shard: number, fn: (session: ShardSession) => T | PromiseLike<T>): Promise<T> {
    this.#known(shard);
    checkFunction(fn, 'the callback of onShard');
    const outer = this.#carrier.current();
    if (outer !== undefined) checkWithin(outer, shard);
    const frame = { ...nestedFrame(undefined, shard, undefined, {}), memory: undefined };
    try {
      return await fn(this.#session(frame, false));
    } finally {
      endScope(frame.life);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #known(shard: number): void {
    if (!this.#ids.includes(shard)) throw new UnknownShardError(`there is no shard ${shown(shard)}`);
  }

  #frame(shard: number, target: WriteTarget | undefined, options: ScopeOptions): MemoryFrame {
    const outer = this.#carrier.current() as MemoryFrame | undefined;
    return { ...nestedFrame(outer, shard, target, options), memory: outer?.memory };
  }

  #run<T>(frame: MemoryFrame, fn: () => T | PromiseLike<T>): Promise<T> {
    return runInFrame(this.#carrier, frame, fn);
  }

  /** The transaction that the caller is in. */
  #transactionAround(): MemoryTransaction | undefined {
    const around = (this.#carrier.current() as MemoryFrame | undefined)?.memory;
    if (around?.open === false) throw new ScopeClosedError('the transaction around this call has ended');
    return around;
  }

  async #join<T>(
    around: MemoryTransaction,
    target: WriteTarget,
    fn: (transaction: ShardTransaction) => T | PromiseLike<T>,
  ): Promise<T> {
    checkJoins(around.target, target);
    const frame = this.#frame(this.#carrier.current()!.shard, around.target, {});
    try {
      return await this.#inTransaction(frame, fn);
    } catch (error) {
      around.doomed = true;
      throw error;
    }
  }

  #inTransaction<T>(
    frame: MemoryFrame,
    fn: (transaction: ShardTransaction) => T | PromiseLike<T>,
  ): Promise<T> {
    const handle = memoryTransaction(frame.memory!, this.#session(frame, true), this.bucketCount);
    return this.#run(frame, () => fn(handle));
  }

  /** @param fenced whether the transaction is the router's, so that no statement may control it */
  #session(frame: MemoryFrame, fenced: boolean): ShardSession {
    const { shard, memory } = frame;
    return memorySession(shard, fenced, async (sql, values) => {
      remainingMs(frame, Infinity);
      const statement = { shard, sql, values, transaction: memory?.count ?? 0 };
      this.statements.push(statement);
      return this.#answer(statement);
    });
  }
}
