import { hostname } from 'node:os';
import type { Pool } from 'mysql2';
import type { BeatKeeper } from './beats/beat-keeper.ts';
import { checkGuardsOf } from './guards/check-shards.ts';
import { holdsTransaction } from './context/holds-transaction.ts';
import { type ScopeOptions, timeUntil } from './context/scope.ts';
import { checkKeyLook, checkQuery, checkScopeOptions, NO_OPTIONS } from './entry/call-options.ts';
import { checkFunction } from './entry/check-names.ts';
import { checkedTarget, checkKeyText, checkNumber } from './entry/check-target.ts';
import { checkRouterOptions } from './entry/router-options.ts';
import type { KeyLook } from './epochs/earlier-keys.ts';
import type { RouterEpochs } from './epochs/router-epochs.ts';
import { BucketElsewhereError, ShardUnavailableError } from './errors.ts';
import type { TransactionFunction } from './fence/attempt-transaction.ts';
import type { WriteTarget } from './fence/write-target.ts';
import { settledWithin } from './context/drain.ts';
import { leased, NumberSource } from './ids/number-source.ts';
import { routingPool } from './pools/routing-pool.ts';
import type { ShardSession } from './pools/session.ts';
import type { RouterDependencies } from './routed/dependencies.ts';
import { openDependencies } from './routed/open-dependencies.ts';
import { withOperator } from './routed/operator.ts';
import { poolOf } from './routed/pool-of-frame.ts';
import { readRows, readSession } from './routed/reads.ts';
import { inKeyScope, inShardScope } from './routed/scopes.ts';
import { beginFenced, transact } from './routed/transactions.ts';
import { writeUnit } from './routed/writes.ts';
import type { RouterOptions } from './router-options.ts';
import { bucketOf } from './routing/bucket.ts';
import { hashedOf, type Key, type RowKey, targetOfKey } from './routing/key-target.ts';
import { keyGenerationAt } from './topology/map.ts';
import { shardOfTarget } from './topology/shard-of-target.ts';
import type { WriteOutcome } from './write/pending-unit.ts';
import type { StatementLike } from './write/statement.ts';
import type { UnitOf } from './write/unit.ts';
import { UnitWrites, type WriteOptions } from './write/unit-writes.ts';

const PROBE_MS = 1_000;
/** The least time that a close leaves for its last steps when the drain has used up all of its time, milliseconds. */
const CLOSE_MS = 500;

/**
 * Opens a router. It starts without the shards that are down, and uses them once they answer. For this, one shard must be up,
 * or the map must be kept in a file.
 *
 * @throws InvalidOptionError when an option is unknown or of the wrong kind
 * @throws TopologyError, ShardIdentityError, UnguardedTableError when the configuration or a database is wrong
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
  readonly #router: RouterDependencies;
  readonly #holder: string;
  readonly #drainMs: number;
  readonly #drawsNumbers: boolean;
  readonly #tables: RouterOptions['tables'];
  readonly #units: UnitWrites;
  readonly #epochs: RouterEpochs;
  readonly #beats: BeatKeeper;
  #numbers: NumberSource | undefined;
  #prober: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** Use {@link connectShardRouter}. */
  constructor(options: RouterOptions) {
    checkRouterOptions(options);
    this.#drainMs = options.drainMs ?? 10_000;
    this.#drawsNumbers = options.numbers ?? true;
    this.#tables = options.tables;
    this.#holder = options.holder ?? `${hostname()}:${process.pid}`;
    const opened = openDependencies(options, this.#holder);
    this.#router = opened.router;
    this.#epochs = opened.epochs;
    this.#beats = opened.beats;
    const { carrier, shards, limits } = this.#router;
    this.#units = new UnitWrites(shards, options.merge ?? {}, limits.statementTimeoutMs);
    this.pool = routingPool(shards.all()[0]!.writer().driver, {
      current: () => carrier.current(),
      bind: (fn) => carrier.bind(fn),
      poolOf: (frame) => poolOf(shards, frame),
      writerOf: (frame) => shards.get(frame.shard).writer(),
      begin: (connection, frame, target, pool) => beginFenced(this.#router, connection, frame, target, pool),
      failed: (error) => this.#failed(error),
      end: () => this.close(),
    });
  }

  /**
   * Loads the map, reads how far each shard was seen to have come, checks the guards of the tables, and leases a worker id.
   */
  async start(): Promise<void> {
    await this.#router.map.start();
    await this.#beats.start();
    await checkGuardsOf(this.#tables, this.#router.shards);
    if (this.#drawsNumbers) {
      this.#numbers = await NumberSource.start(
        () => this.#router.shards.ids(),
        (shard, fn) => this.#router.shards.get(shard).operate(fn),
        this.#holder,
      );
    }
    this.#prober = setInterval(() => void this.#router.shards.probe(), PROBE_MS);
    this.#prober.unref();
  }

  /**
   * Whether the caller is inside an open transaction of this router. Slow work, such as a call to another system, has to wait
   * until the transaction has ended.
   */
  get inTransaction(): boolean {
    return holdsTransaction(this.#router.carrier.current());
  }

  get bucketCount(): number {
    return this.#router.map.current.bucketCount;
  }

  /** The bucket of a key. A number and its decimal text have the same. */
  bucketOf(key: Key): number {
    return bucketOf(hashedOf(checkedTarget(targetOfKey(key))), this.bucketCount);
  }

  /** Returns the owner of a key by the map: of a number in its epoch, of a text in any epoch, of `{ key }` at this moment. */
  shardOf(key: Key): number {
    return shardOfTarget(this.#router.map.current, checkedTarget(targetOfKey(key)));
  }

  /** Returns all configured shards of the cluster, without databases that were not added to it yet. */
  allShards(): readonly number[] {
    return this.#router.shards.ids();
  }

  /**
   * Returns the shards that the newest map names but that are not configured here. Work on rows that live there, or move
   * there, fails.
   */
  missingShards(): readonly number[] {
    return this.#router.newShards.missing();
  }

  /** Returns the shards that may be used: their breakers are closed, and their databases were not restored. */
  liveShards(): readonly number[] {
    return this.#router.shards.liveIds();
  }

  /**
   * Draws a number that lives on shard `on`, or else on any live shard; it prefers shards where nothing failed since their
   * last answer. This takes about as many draws as there are shards. Numbers of one process rise. Numbers of several
   * processes follow their clocks, which may be seconds apart.
   *
   * @throws NumbersUnavailableError with no worker lease, or no live shard
   * @throws ClockApartError when this process's clock is over 5 s off the databases'
   */
  drawNumber(on?: number): bigint {
    if (on !== undefined) this.#router.shards.get(on);
    const wanted = new Set(on === undefined ? this.#router.shards.choiceIds() : [on]);
    return this.#drawn((numbers) => numbers.draw(this.#router.map.current, wanted));
  }

  /**
   * Draws a number for rows that are written together with a key: the number lives on the same shard as the key.
   *
   * @throws NumbersUnavailableError with no worker lease
   * @throws ClockApartError when this process's clock is over 5 s off the databases'
   */
  drawNumberFor(key: string): bigint {
    checkKeyText(key);
    const bucket = this.bucketOf(key);
    return this.#drawn((numbers) => numbers.drawForKey(this.#router.map.current, bucket));
  }

  /**
   * Runs `fn` in a scope on the shard of a key: a number or a text, see {@link Key}. Inside, the routing pool goes to that
   * shard, and a transaction that `fn` begins on the pool is a fenced transaction of the key. The router awaits the result of
   * `fn` inside the scope.
   *
   * When a transaction begins and finds its fence shut, or finds that the fence names another shard, the router runs the
   * scope again from its beginning. It does not do so once something was committed in the scope, because that would then be
   * done twice: the caller gets the error, and may make the call again if that is safe.
   *
   * @throws ShardMismatchError for another shard inside an open transaction or a locked scope
   * @throws ScopeClosedError inside a scope that is over
   */
  withKey<T>(key: Key, fn: () => T | PromiseLike<T>, options: ScopeOptions = NO_OPTIONS): Promise<T> {
    return inKeyScope(this.#router, key, fn, options);
  }

  /** Runs `fn` in a scope on one shard, for an operator: reads see all that lies there, and nothing can be written. */
  withShard<T>(shard: number, fn: () => T | PromiseLike<T>, options: ScopeOptions = NO_OPTIONS): Promise<T> {
    return inShardScope(this.#router, shard, fn, options);
  }

  /**
   * Runs `fn`, and everything that it starts, outside of every scope of this router. Use it for objects that are made lazily
   * inside a scope and outlive it, such as a batcher that serves several requests, a cache that refreshes itself, or a timer.
   * Otherwise they would stay in the scope of their first caller. A transaction that is open around this call does not apply
   * to `fn`.
   */
  outside<T>(fn: () => T): T {
    checkFunction(fn, 'what runs outside');
    return this.#router.carrier.run(undefined, fn);
  }

  /** Returns a function that runs each call of `fn` in the scope of a key: the key that `keyOf` returns for the arguments. */
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

  /**
   * Runs `fn` in one read-write transaction on the shard that owns the target, and commits when `fn` resolves. When the
   * server gives the transaction up in favour of others, `fn` can run again from its beginning. A transaction for the same
   * target inside another is part of the outer one: if it throws, the outer one can no longer commit.
   *
   * @throws FenceError when the fence stays shut
   * @throws NumberNotWritableError when the number is too old, or not of now though it should be fresh
   * @throws ShardMismatchError inside a transaction for another target
   * @throws KeyElsewhereError when number and key live on different shards
   * @throws ShardUnavailableError, TransactionAbortedError, UnknownOutcomeError, DeadlineExceededError
   */
  transaction<T>(
    target: WriteTarget,
    fn: TransactionFunction<T>,
    options: ScopeOptions = NO_OPTIONS,
  ): Promise<T> {
    return transact(this.#router, target, fn, options);
  }

  /**
   * Writes a unit of work on the shard that owns the target: all of it or nothing. Units that arrive while the shard works on
   * others are merged into one transaction, sent in one round trip; a lone unit does not wait for others. Inside a
   * transaction of the same target the unit is a part of that transaction.
   *
   * @throws InvalidUnitError, InvalidValueError, UnitTooLargeError for a unit that cannot be sent
   * @throws UnitConditionError when its guard found no row; DuplicateRowError, and the server's own errors
   * @throws UnknownOutcomeError when the unit may have been applied, and has no `already` query to find out
   * @throws WriteQueueFullError, DeadlineExceededError and what {@link transaction} throws; nothing was written then
   */
  write<Row = Record<string, unknown>>(
    target: WriteTarget,
    unit: UnitOf<Row>,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<WriteOutcome<Row>> {
    return writeUnit(this.#router, this.#units, target, unit, options);
  }

  /**
   * Runs `fn` with a read-only session on the owner of a number or a text key. It returns the result only if the shard owned
   * the key both before and after the read. So the rows are complete, and no other shard has changed them since. `fn` can run
   * again on another shard. Inside a transaction of the number, `fn` reads in that transaction and sees the rows that it
   * wrote.
   *
   * @throws ShardMismatchError inside a transaction for another number, and for another shard inside a locked scope
   * @throws ScopeClosedError inside a scope that is over, and for statements after the read has ended
   * @throws ShardUnavailableError, FenceError, DeadlineExceededError
   */
  read<T>(
    of: RowKey,
    fn: (session: ShardSession) => T | PromiseLike<T>,
    options: ScopeOptions = NO_OPTIONS,
  ): Promise<T> {
    return readSession(this.#router, of, fn, options);
  }

  /**
   * Reads rows of a number or a text key from its owner as {@link read} does, with one statement and in one round trip.
   *
   * @throws InvalidUnitError, InvalidValueError for a query that cannot be sent, and what {@link read} throws
   */
  readRows<Row>(of: RowKey, query: StatementLike<Row>, options: ScopeOptions = NO_OPTIONS): Promise<Row[]> {
    return readRows(this.#router, of, query, options);
  }

  /**
   * Looks for a row of a key on the shards where the key lived in epochs that are over, if they differ from its shard in the
   * epoch of `number`. First it ends all writes under the key's bucket there. So a row that it does not find does not exist,
   * and never will. When there are no such epochs, it asks no shard.
   *
   * @throws ShardUnavailableError when a shard that may hold the key does not answer
   * @throws FenceError when keys are being moved, or the epoch of `number` has not begun there
   */
  async readEarlier<Row>(key: string, look: KeyLook, query: StatementLike<Row>): Promise<Row | undefined> {
    checkKeyText(key);
    checkKeyLook(look);
    checkQuery(query);
    const map = this.#router.map.current;
    if (map.epochs.length === 1) return undefined;
    return this.#router.drain.run(this.#router.carrier.current() !== undefined, () =>
      this.#epochs.earlierKeys.find(map, this.bucketOf(key), look, query),
    );
  }

  /**
   * Returns the generation of the keys that are written together with a number, by the map. Ask for it before
   * {@link readEarlier} and pass it to the write. Then a router that has not heard of an epoch cannot write a key without
   * having looked for it on its earlier shards.
   */
  keyGenerationOf(number: bigint): number {
    checkNumber(number);
    return keyGenerationAt(this.#router.map.current, number);
  }

  /** Looks for a newer shard map now and waits for it. When none can be had, the current map stays in use. */
  async refreshMap(): Promise<void> {
    await this.#router.map.refresh();
  }

  /**
   * Runs `fn` with an operator's read-write session on one shard. No fence applies, so use it only for tables that are not
   * routed. What `fn` writes is not part of a transaction around the call.
   *
   * @throws ShardMismatchError for another shard inside an open transaction or a locked scope
   * @throws ScopeClosedError inside a scope that is over
   */
  async onShard<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return withOperator(this.#router, shard, fn);
  }

  /** Refuses new work, waits up to `drainMs` for work under way, gives the worker id back and ends every connection. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      const deadline = performance.now() + this.#drainMs;
      await this.#router.drain.close(this.#drainMs);
      clearInterval(this.#prober);
      // A shard that hangs cannot take the worker id back: its lease then runs out.
      await settledWithin(Math.max(CLOSE_MS, timeUntil(deadline)), [
        this.#epochs.settler.stop(),
        this.#beats.stop(),
        this.#router.map.stop(),
        this.#numbers?.stop(),
      ]);
      this.#units.close();
      const withinMs = Math.max(CLOSE_MS, timeUntil(deadline));
      await this.#router.shards.close(withinMs);
    })();
    return this.#closing;
  }

  #drawn(draw: (numbers: NumberSource) => bigint): bigint {
    const number = draw(leased(this.#numbers));
    this.#router.telemetry.observer?.numbersDrawn?.(1);
    return number;
  }

  #failed(error: unknown): void {
    if (error instanceof ShardUnavailableError && this.#router.shards.has(error.shard))
      this.#router.shards.get(error.shard).failed(error);
    if (error instanceof BucketElsewhereError) this.#router.map.reload();
  }
}
