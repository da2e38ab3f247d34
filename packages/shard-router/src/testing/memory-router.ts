import { AsyncLocalStorage } from 'node:async_hooks';
import {
  InvalidKeyError,
  KeyElsewhereError,
  NumbersUnavailableError,
  ShardMismatchError,
  UnknownShardError,
} from '../errors.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { ShardTransaction } from '../fence/shard-transaction.ts';
import { NumberGenerator } from '../ids/generator.ts';
import type { ExecuteResult, ShardSession } from '../pools/session.ts';
import { checkValues, type SqlValue } from '../pools/values.ts';
import { bucketOf, DEFAULT_BUCKETS, type ShardKey } from '../routing/bucket.ts';
import { initialMap, ownerOfNumber, type ShardMap } from '../topology/map.ts';

/** A statement that was sent to a shard that is not there. */
export interface RecordedStatement {
  readonly shard: number;
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Of which transaction, counted from 1; 0 outside of one. */
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

/**
 * A router without servers, for unit tests of code that is given one: keys and numbers go to the shards that they would
 * go to in a fresh cluster of as many, and statements are recorded and answered by a function. It has no fence, no pool
 * and no SQL: what those do is for a test on real servers.
 */
export class MemoryRouter {
  readonly map: ShardMap;
  readonly statements: RecordedStatement[] = [];
  /** The transactions that have committed, by their count. */
  readonly committed: number[] = [];
  readonly #answer: NonNullable<MemoryRouterOptions['answer']>;
  readonly #generator: NumberGenerator;
  readonly #scope = new AsyncLocalStorage<{ shard: number; transaction: number }>();
  readonly #ids: readonly number[];
  #transactions = 0;

  constructor({ shards = 2, bucketCount = DEFAULT_BUCKETS, answer, now }: MemoryRouterOptions = {}) {
    this.#ids = Array.from({ length: shards }, (_, id) => id);
    this.map = initialMap('memory', bucketCount, this.#ids);
    this.#answer = answer ?? (() => []);
    let ticks = Date.UTC(2026, 0, 1);
    this.#generator = new NumberGenerator(
      () => ({ worker: 0, fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }),
      now ?? (() => (ticks += 1)),
    );
  }

  get bucketCount(): number {
    return this.map.bucketCount;
  }

  bucketOf(key: ShardKey): number {
    return bucketOf(key, this.bucketCount);
  }

  shardOf(key: ShardKey): number {
    const bucket = this.bucketOf(key);
    return typeof key === 'bigint' ? ownerOfNumber(this.map, bucket, key) : this.map.keyOwners[bucket]!;
  }

  allShards(): readonly number[] {
    return this.#ids;
  }

  liveShards(): readonly number[] {
    return this.#ids;
  }

  /** Whether the caller is inside a transaction. */
  get inTransaction(): boolean {
    return (this.#scope.getStore()?.transaction ?? 0) > 0;
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
    return this.drawNumber(this.shardOf(key));
  }

  keyGenerationOf(): number {
    return 0;
  }

  /** A cluster in memory has one epoch. */
  readEarlier(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  refreshMap(): Promise<void> {
    return Promise.resolve();
  }

  async withKey<T>(key: ShardKey, fn: () => T | PromiseLike<T>): Promise<T> {
    return this.#within(this.shardOf(key), fn);
  }

  async withShard<T>(shard: number, fn: () => T | PromiseLike<T>): Promise<T> {
    this.#known(shard);
    return this.#within(shard, fn);
  }

  async transaction<T>(
    target: WriteTarget,
    fn: (transaction: ShardTransaction) => T | PromiseLike<T>,
  ): Promise<T> {
    const shards = [target.number, target.key]
      .filter((key) => key !== undefined)
      .map((key) => this.shardOf(key));
    const [shard] = shards;
    if (shard === undefined) throw new InvalidKeyError('a write needs a number or a key');
    if (shards.some((other) => other !== shard))
      throw new KeyElsewhereError('number and key live on different shards');
    const outer = this.#scope.getStore();
    const count = outer?.transaction || (this.#transactions += 1);
    const keyBucket = target.key === undefined ? undefined : this.bucketOf(target.key);
    const handle = Object.assign(this.#session(shard, count), {
      target,
      open: true,
      number: target.number,
      bucket: target.number === undefined ? keyBucket : this.bucketOf(target.number),
      keyBucket,
      keyGeneration: 0,
    });
    const value = await this.#within(shard, () => fn(handle as unknown as ShardTransaction), count);
    if (!outer?.transaction) this.committed.push(count);
    return value;
  }

  async read<T>(number: bigint, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return fn(this.#session(this.shardOf(number), 0));
  }

  async onShard<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    this.#known(shard);
    return fn(this.#session(shard, 0));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #known(shard: number): void {
    if (!this.#ids.includes(shard)) throw new UnknownShardError(`there is no shard ${shard}`);
  }

  async #within<T>(shard: number, fn: () => T | PromiseLike<T>, transaction?: number): Promise<T> {
    const outer = this.#scope.getStore();
    if (outer !== undefined && outer.transaction > 0 && outer.shard !== shard) {
      throw new ShardMismatchError(
        `a transaction is open on shard ${outer.shard}: shard ${shard} cannot be used inside it`,
      );
    }
    return this.#scope.run(
      { shard, transaction: transaction ?? outer?.transaction ?? 0 },
      async () => await fn(),
    );
  }

  #session(shard: number, transaction: number): ShardSession {
    const send = async (sql: string, values: readonly SqlValue[] = []): Promise<readonly unknown[]> => {
      checkValues(values);
      const statement = { shard, sql, values, transaction };
      this.statements.push(statement);
      return this.#answer(statement);
    };
    return {
      shard,
      query: async <Row>(sql: string, values?: readonly SqlValue[]) =>
        [...(await send(sql, values))] as Row[],
      execute: async (sql, values): Promise<ExecuteResult> => {
        await send(sql, values);
        return { affectedRows: 1, insertId: '0' };
      },
    };
  }
}
