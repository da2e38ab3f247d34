import { hostname } from 'node:os';
import type { Pool } from 'mysql2';
import { asyncLocalStorageCarrier } from './context/async-local-storage-carrier.ts';
import type { ContextCarrier } from './context/carrier.ts';
import { Drain } from './context/drain.ts';
import { begun, isLazy } from './context/lazy.ts';
import { holdsTransaction } from './context/holds-transaction.ts';
import { type Frame, nestedFrame, remainingMs, type ScopeOptions, timeUntil } from './context/scope.ts';
import { checkJoins, type WriteTarget } from './fence/write-target.ts';
import { BucketElsewhereError, ShardUnavailableError, TransactionAbortedError } from './errors.ts';
import type { KeyLook } from './epochs/earlier-keys.ts';
import { RouterEpochs } from './epochs/router-epochs.ts';
import { fencedOffBy } from './fence/follow-owner.ts';
import { admitRead } from './fence/admit.ts';
import { fencedRows } from './fence/fenced-rows.ts';
import { OpenTransaction } from './fence/open-transaction.ts';
import { observeTransaction } from './observe/observe-transaction.ts';
import { type Telemetry, telemetryOf } from './observe/telemetry.ts';
import { leased, NumberSource } from './ids/number-source.ts';
import { isContention } from './pools/mysql-errors.ts';
import { routingPool } from './pools/routing-pool.ts';
import { ConnectionSession, type ShardSession } from './pools/session.ts';
import { Shards } from './pools/shard.ts';
import type { PoolLimits, ShardPool } from './pools/shard-pool.ts';
import { bucketOf, keyText, type ShardKey } from './routing/bucket.ts';
import { readFence } from './sql/read-fence.ts';
import { DEFAULT_LIMITS, type RouterOptions } from './router-options.ts';
import { checkShards } from './topology/config.ts';
import { loadMap } from './topology/load-map.ts';
import { bucketsOfTarget, shardOfKey, shardOfTarget } from './topology/shard-of-target.ts';
import { keyGenerationAt } from './topology/map.ts';
import { NewShards } from './topology/new-shards.ts';
import { MapCache } from './topology/map-cache.ts';
import { onOwner } from './topology/on-owner.ts';
import { ShardTransaction } from './fence/shard-transaction.ts';
import type { WriteOutcome } from './write/pending-unit.ts';
import type { StatementLike } from './write/statement.ts';
import { type UnitOf, UnitWrites, writeInside, type WriteOptions } from './write/unit-writes.ts';

const PROBE_MS = 1_000;

/**
 * Opens a router. Shards that are down are passed over, and used when they answer, as long as one is up or the map is
 * kept in a file.
 *
 * @throws TopologyError, ShardIdentityError for a configuration or a database that is wrong
 * @throws ShardUnavailableError when no shard answers
 */
export async function connectShardRouter(options: RouterOptions): Promise<ShardRouter> {
  const router = new ShardRouter(options);
  try {
    await router.start();
  } catch (error) {
    await router.close();
    throw error;
  }
  return router;
}

/** Routes work to the shards of a cluster, and lets nothing write where the fence does not allow it. */
export class ShardRouter {
  /**
   * The router as a mysql2 pool, for query builders and ORMs: each call goes to the shard of the scope around it. Reads
   * are routed by the map and may be stale; writes are refused outside the transaction of a key scope.
   */
  readonly pool: Pool;
  readonly #clusterId: string;
  readonly #holder: string;
  readonly #limits: PoolLimits;
  readonly #shards: Shards;
  readonly #newShards: NewShards;
  readonly #carrier: ContextCarrier<Frame>;
  readonly #map: MapCache;
  readonly #telemetry: Telemetry;
  readonly #drain = new Drain();
  readonly #drainMs: number;
  readonly #drawsNumbers: boolean;
  readonly #units: UnitWrites;
  readonly #epochs: RouterEpochs;
  #numbers: NumberSource | undefined;
  #prober: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** Use {@link connectShardRouter}. */
  constructor(options: RouterOptions) {
    this.#clusterId = options.clusterId;
    this.#drainMs = options.drainMs ?? 10_000;
    this.#drawsNumbers = options.numbers ?? true;
    this.#holder = options.holder ?? `${hostname()}:${process.pid}`;
    this.#carrier = (options.carrier ?? asyncLocalStorageCarrier)<Frame>();
    this.#limits = {
      ...DEFAULT_LIMITS,
      ...options.limits,
      connections: options.poolSize ?? DEFAULT_LIMITS.connections,
    };
    this.#telemetry = telemetryOf(options.observer, options.sqlComments);
    this.#shards = Shards.of(
      checkShards(options.shards),
      options.clusterId,
      this.#limits,
      options.access ?? {},
      this.#telemetry,
    );
    this.#newShards = new NewShards(this.#shards, options.reloadShards, this.#telemetry.observer);
    this.#units = new UnitWrites(this.#shards, options.merge ?? {}, this.#limits.statementTimeoutMs);
    this.#epochs = new RouterEpochs(options.clusterId, this.#shards, this.#holder, () => this.#map.reload());
    this.#map = new MapCache({
      clusterId: options.clusterId,
      load: () =>
        loadMap(this.#shards.ids(), this.#clusterId, (shard, fn) => this.#shards.get(shard).introduce(fn)),
      check: (map) => this.#newShards.getReady(map),
      file: options.mapFile,
      notifier: options.notifier,
      pollMs: options.mapPollMs ?? 5_000,
      looked: (version, error) => {
        this.#telemetry.observer?.mapReloaded?.(version, error);
        this.#epochs.settler.look();
      },
    });
    this.pool = routingPool(this.#shards.all()[0]!.writer().driver, {
      current: () => this.#carrier.current(),
      bind: (fn) => this.#carrier.bind(fn),
      poolOf: (frame) => this.#poolOf(frame),
      begin: (connection, frame, target, pool) => this.#begin(connection, frame, target, pool),
      failed: (error) => this.#failed(error),
      end: () => this.close(),
    });
  }

  /** Loads the map and leases a worker id. */
  async start(): Promise<void> {
    await this.#map.start();
    if (this.#drawsNumbers) {
      this.#numbers = await NumberSource.start(
        this.#shards.ids(),
        (shard, fn) => this.#shards.get(shard).operate(fn),
        this.#holder,
      );
    }
    this.#prober = setInterval(() => void this.#shards.probe(), PROBE_MS);
    this.#prober.unref();
  }

  /**
   * Whether the caller is inside an open transaction of this router: what may take long, such as a call of another
   * system, has to wait until it has ended.
   */
  get inTransaction(): boolean {
    return holdsTransaction(this.#carrier.current());
  }

  get bucketCount(): number {
    return this.#map.current.bucketCount;
  }

  /** The bucket of a key. A bigint and its decimal text have the same. */
  bucketOf(key: ShardKey): number {
    return bucketOf(key, this.bucketCount);
  }

  /** The shard that the map gives a key: a bigint by its number's epoch, a text by the owners of keys at this moment. */
  shardOf(key: ShardKey): number {
    return shardOfKey(this.#map.current, key);
  }

  /** Every shard that is configured. */
  allShards(): readonly number[] {
    return this.#shards.ids();
  }

  /** The shards that answered when they were last used. */
  liveShards(): readonly number[] {
    return this.#shards.liveIds();
  }

  /**
   * Draws a number that lives on shard `on`, or on any live one, where possible one with which nothing failed since its
   * last answer; about as many draws as there are shards.
   *
   * @throws NumbersUnavailableError with no worker lease, or no live shard
   */
  drawNumber(on?: number): bigint {
    if (on !== undefined) this.#shards.get(on);
    const wanted = new Set(on === undefined ? this.#shards.choiceIds() : [on]);
    return this.#drawn((numbers) => numbers.draw(this.#map.current, wanted));
  }

  /**
   * Draws a number that lives where a key lives that is written together with it.
   *
   * @throws NumbersUnavailableError with no worker lease
   */
  drawNumberFor(key: string): bigint {
    const bucket = this.bucketOf(keyText(key));
    return this.#drawn((numbers) => numbers.drawForKey(this.#map.current, bucket));
  }

  /**
   * Runs `fn` in a scope on the shard of a key (a bigint is a number): the routing pool goes there, and a transaction that
   * is begun on it is one of the key, fenced. What `fn` returns is awaited inside the scope. When the fence names another
   * shard as the transaction begins, the scope is run again there, from its beginning.
   */
  async withKey<T>(key: ShardKey, fn: () => T | PromiseLike<T>, options: ScopeOptions = {}): Promise<T> {
    const target: WriteTarget = typeof key === 'bigint' ? { number: key } : { key: keyText(key) };
    const outer = this.#carrier.current();
    // All in one function: a scope is entered for each statement, and each promise on the way would be felt.
    this.#drain.begin(outer !== undefined);
    let frame: Frame | undefined;
    try {
      frame = nestedFrame(outer, shardOfTarget(this.#map.current, target), target, options);
      const value = this.#carrier.run(frame, fn);
      return await (isLazy(value) ? this.#carrier.run(frame, () => begun(value)) : value);
    } catch (error) {
      if (frame === undefined || fencedOffBy(error) === undefined) throw error;
      frame.life.open = false;
      const { deadline } = frame;
      return await this.#onOwner(
        target,
        (shard) => this.#inScope(shard, target, { ...options, timeoutMs: timeUntil(deadline) }, fn),
        error,
      );
    } finally {
      if (frame !== undefined) frame.life.open = false;
      this.#drain.end();
    }
  }

  /** Runs `fn` in a scope on one shard, for an operator: reads see all that lies there, and nothing can be written. */
  async withShard<T>(shard: number, fn: () => T | PromiseLike<T>, options: ScopeOptions = {}): Promise<T> {
    this.#shards.get(shard);
    return this.#drain.run(this.#carrier.current() !== undefined, () =>
      this.#inScope(shard, undefined, options, fn),
    );
  }

  /** A function that runs each call of `fn` in the scope of the key that its arguments give. */
  sharded<A extends unknown[], R>(
    keyOf: (...args: A) => ShardKey,
    fn: (...args: A) => R | PromiseLike<R>,
    options: ScopeOptions = {},
  ): (...args: A) => Promise<R> {
    return (...args) => this.withKey(keyOf(...args), () => fn(...args), options);
  }

  /**
   * Runs `fn` in one read-write transaction on the shard that owns the target, and commits when it resolves. It can run
   * again, from its beginning, when the server gave the transaction up for the sake of others. A transaction for the
   * same target inside another is part of that one: should it throw, the whole can no longer commit.
   *
   * @throws FenceError when the fence stays shut
   * @throws NumberNotWritableError when the number is too old, or not of now though it should be fresh
   * @throws ShardMismatchError inside a transaction for another target
   * @throws KeyElsewhereError when number and key live apart
   * @throws ShardUnavailableError, TransactionAbortedError, UnknownOutcomeError, DeadlineExceededError
   */
  async transaction<T>(
    target: WriteTarget,
    fn: (transaction: ShardTransaction) => T | PromiseLike<T>,
    options: ScopeOptions = {},
  ): Promise<T> {
    const outer = this.#carrier.current();
    if (outer?.transaction !== undefined) return this.#joined(outer, outer.transaction, target, fn);
    const deadline = performance.now() + (options.timeoutMs ?? Infinity);
    const attempt = async (shard: number) => {
      const timeoutMs = timeUntil(deadline);
      const frame = nestedFrame(outer, shard, target, { ...options, role: 'writer', timeoutMs });
      const pool = this.#shards.get(shard).writer();
      return this.#shards.get(shard).attempt(() =>
        pool.connectedWithin(remainingMs(frame, pool.limits.queueTimeoutMs), async (connection) => {
          const open = await this.#begin(connection, frame, target, pool);
          try {
            const value = await this.#runIn({ ...frame, transaction: open }, () =>
              fn(
                new ShardTransaction(
                  shard,
                  open,
                  () => remainingMs(frame, pool.limits.statementTimeoutMs),
                  pool,
                ),
              ),
            );
            frame.life.writes.committed = true;
            await open.commit();
            return value;
          } catch (error) {
            if (open.open) await open.rollback(error);
            throw isContention(error)
              ? new TransactionAbortedError(`shard ${shard} gave it up`, { cause: error })
              : error;
          }
        }),
      );
    };
    const { observer } = this.#telemetry;
    if (observer === undefined) return this.#routed(target, attempt);
    return observeTransaction(observer, shardOfTarget(this.#map.current, target), attempt, (counted) =>
      this.#routed(target, counted),
    );
  }

  /**
   * Writes a unit of work on the shard that owns the target, all of it or nothing. Units that come while the shard is at
   * others are merged into one transaction, in one round trip; a lone one waits for nobody. Inside a transaction of the
   * same target it is a part of that one.
   *
   * @throws InvalidUnitError, InvalidValueError, UnitTooLargeError for a unit that cannot be sent
   * @throws UnitConditionError when its guard found no row; DuplicateRowError, and the server's own errors
   * @throws UnknownOutcomeError when it may have been applied, and has no `already` to find out by
   * @throws WriteQueueFullError, DeadlineExceededError and what {@link transaction} throws; nothing was written then
   */
  write<Row = Record<string, unknown>>(
    target: WriteTarget,
    unit: UnitOf<Row>,
    options: WriteOptions = {},
  ): Promise<WriteOutcome<Row>> {
    const outer = this.#carrier.current();
    if (outer?.transaction !== undefined) return this.transaction(target, (tx) => writeInside(tx, unit));
    const { bucket, keyBucket } = bucketsOfTarget(target, this.bucketCount);
    return this.#units.write(
      target,
      { bucket: (bucket ?? keyBucket)!, keyBucket },
      unit,
      options,
      outer?.deadline ?? Infinity,
      (attempt) =>
        this.#routed(target, async (shard) => {
          const { life } = nestedFrame(outer, shard, target, {});
          const outcome = await attempt(shard);
          life.writes.committed = true;
          return outcome;
        }),
    );
  }

  /**
   * Runs `fn` with a read-only session on the owner of a number, and answers only if the shard owned it
   * before and afterwards, so what was read is whole, and not what another shard has changed since. It can run again on
   * another shard.
   */
  async read<T>(number: bigint, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    const target = { number };
    const bucket = this.bucketOf(number);
    return this.#routed(target, (shard) =>
      this.#shards.get(shard).attempt(async () => {
        const pool = this.#shards.get(shard).writer();
        return pool.connected(async (connection) => {
          const session = new ConnectionSession(
            shard,
            connection,
            () => pool.limits.statementTimeoutMs,
            pool,
          );
          admitRead(await readFence(session, bucket, number), bucket, pool);
          const value = await fn(session);
          admitRead(await readFence(session, bucket, number), bucket, pool);
          session.close();
          return value;
        });
      }),
    );
  }

  /**
   * Reads rows of a number from its owner as {@link read} does, with one statement and in one round trip.
   *
   * @throws InvalidUnitError, InvalidValueError for a query that cannot be sent
   */
  async readRows<Row>(number: bigint, query: StatementLike<Row>, options: ScopeOptions = {}): Promise<Row[]> {
    const outer = this.#carrier.current();
    const target = { number };
    return this.#routed(target, (shard) => {
      const frame = nestedFrame(outer, shard, target, { ...options, role: 'writer' });
      const timeoutMs = remainingMs(frame, this.#limits.statementTimeoutMs);
      const pool = this.#shards.get(shard).merging();
      return this.#shards
        .get(shard)
        .attempt(() => fencedRows(pool, query, this.bucketOf(number), number, timeoutMs));
    });
  }

  /**
   * Looks for a row of a key where the key lived in epochs that are over, if that was another shard than in the epoch of
   * `number`. Nothing more is written there under the key's bucket first, so that a row that is not found is not there,
   * nor will be. Without such epochs nothing is asked.
   *
   * @throws ShardUnavailableError when a shard that may hold the key does not answer
   * @throws FenceError when keys are on their way, or the epoch of `number` has not begun there
   */
  async readEarlier<Row>(key: string, look: KeyLook, query: StatementLike<Row>): Promise<Row | undefined> {
    const map = this.#map.current;
    if (map.epochs.length === 1) return undefined;
    return this.#drain.run(this.#carrier.current() !== undefined, () =>
      this.#epochs.earlierKeys.find(map, this.bucketOf(keyText(key)), look, query),
    );
  }

  /**
   * The generation of the keys that are written together with a number, by the map. Asked for before {@link readEarlier} and
   * given to the write, it keeps a router that has not heard of an epoch from writing a key that it has not looked for
   * where it was before.
   */
  keyGenerationOf(number: bigint): number {
    return keyGenerationAt(this.#map.current, number);
  }

  /** Looks for a newer shard map now, and waits for it; what is there stays in use when none can be had. */
  async refreshMap(): Promise<void> {
    await this.#map.refresh();
  }

  /** Runs `fn` with an operator's read-write session on one shard. Nothing fences it: for tables that are not routed. */
  async onShard<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return this.#drain.run(this.#carrier.current() !== undefined, () => this.#shards.get(shard).operate(fn));
  }

  /** Lets nothing new begin, waits a while for what is under way, gives the worker id back and ends every connection. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#drain.close(this.#drainMs);
      clearInterval(this.#prober);
      await this.#epochs.settler.stop();
      await this.#map.stop();
      await this.#numbers?.stop();
      this.#units.close();
      await Promise.all(this.#shards.all().map((shard) => shard.close()));
    })();
    return this.#closing;
  }

  /** {@link onOwner}, as long as the router is open. */
  #routed<T>(target: WriteTarget, attempt: (shard: number) => Promise<T>): Promise<T> {
    return this.#drain.run(this.#carrier.current() !== undefined, () => this.#onOwner(target, attempt));
  }

  #onOwner<T>(target: WriteTarget, attempt: (shard: number) => Promise<T>, failed?: unknown): Promise<T> {
    return onOwner(
      { map: this.#map, shards: this.#shards, newShards: this.#newShards },
      target,
      attempt,
      failed,
    );
  }

  #drawn(draw: (numbers: NumberSource) => bigint): bigint {
    const number = draw(leased(this.#numbers));
    this.#telemetry.observer?.numbersDrawn?.(1);
    return number;
  }

  async #inScope<T>(
    shard: number,
    target: WriteTarget | undefined,
    options: ScopeOptions,
    fn: () => T | PromiseLike<T>,
  ): Promise<T> {
    const frame = nestedFrame(this.#carrier.current(), shard, target, options);
    return this.#runIn(frame, fn);
  }

  /** Runs `fn` in a frame, awaits what it gives inside it, and closes the frame. */
  async #runIn<T>(frame: Frame, fn: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await this.#carrier.run(frame, () => {
        const value = fn();
        return isLazy(value) ? begun(value) : value;
      });
    } finally {
      frame.life.open = false;
    }
  }

  async #joined<T>(
    outer: Frame,
    open: OpenTransaction,
    target: WriteTarget,
    fn: (transaction: ShardTransaction) => T | PromiseLike<T>,
  ): Promise<T> {
    checkJoins(open.target, target);
    const frame = nestedFrame(outer, outer.shard, open.target, {});
    const pool = this.#shards.get(outer.shard).writer();
    try {
      return await this.#runIn(frame, () =>
        fn(
          new ShardTransaction(
            outer.shard,
            open,
            () => remainingMs(frame, pool.limits.statementTimeoutMs),
            pool,
          ),
        ),
      );
    } catch (error) {
      open.doom();
      throw error;
    }
  }

  #begin(
    connection: Parameters<typeof OpenTransaction.begin>[0],
    frame: Frame,
    target: WriteTarget,
    pool: ShardPool,
  ): Promise<OpenTransaction> {
    const limitMs = this.#limits.statementTimeoutMs;
    const buckets = bucketsOfTarget(target, this.bucketCount);
    return OpenTransaction.begin(connection, target, buckets, limitMs, pool, remainingMs(frame, limitMs));
  }

  #poolOf(frame: Frame): ShardPool {
    const shard = this.#shards.get(frame.shard);
    const reads = frame.role === 'reader' && !frame.life.writes.committed && frame.transaction === undefined;
    return reads ? shard.reader() : shard.writer();
  }

  #failed(error: unknown): void {
    if (error instanceof ShardUnavailableError && this.#shards.has(error.shard))
      this.#shards.get(error.shard).failed(error);
    if (error instanceof BucketElsewhereError) this.#map.reload();
  }
}
