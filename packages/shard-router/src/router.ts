import { hostname } from 'node:os';
import { asyncLocalStorageCarrier } from './context/async-local-storage-carrier.ts';
import { type Frame, joinable } from './context/frame.ts';
import {
  FenceError,
  NumberNotWritableError,
  NumbersUnavailableError,
  ShardUnavailableError,
  TransactionAbortedError,
  UnknownShardError,
} from './errors.ts';
import { type BucketFence, FRESH_NUMBER_WINDOW, judge } from './fence/fence.ts';
import { attemptTransaction, type ShardTransaction, type WriteTarget } from './fence/fenced-transaction.ts';
import { NumberGenerator } from './ids/generator.ts';
import { decodeNumber } from './ids/snowflake.ts';
import { WorkerLease } from './ids/worker-lease.ts';
import { Breaker } from './pools/breaker.ts';
import type { ShardSession } from './pools/session.ts';
import { type PoolLimits, ShardPool } from './pools/shard-pool.ts';
import { bucketOf, keyText, type ShardKey } from './routing/bucket.ts';
import { readFence } from './sql/read-fence.ts';
import { checkShards, type ShardConfig } from './topology/config.ts';
import { checkIdentity, loadMap } from './topology/load-map.ts';
import { ownerOfNumber, type ShardMap } from './topology/map.ts';

export interface RouterOptions {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  /** Connections to each shard's writer at the most. Default 16. */
  readonly poolSize?: number;
  /** Who leases the worker id; for the operator's eyes. */
  readonly holder?: string;
}

/** A shard as the router sees it. */
interface Shard {
  readonly id: number;
  /** Sessions are read only: writes go through transactions that pass the fence. */
  readonly routed: ShardPool;
  /** Read-write sessions for tables that are not routed. */
  readonly operator: ShardPool;
  readonly breaker: Breaker;
}

const LIMITS = { queue: 10_000, connectTimeoutMs: 3_000, statementTimeoutMs: 10_000 } as const;
const OPERATOR_CONNECTIONS = 8;
const MAX_ATTEMPTS = 12;
const PROBE_MS = 1_000;

/**
 * Opens a router. Shards that are down are passed over, and used when they answer, as long as one is up.
 *
 * @throws TopologyError, ShardIdentityError for a configuration or a database that is wrong
 * @throws ShardUnavailableError when no shard answers
 */
export async function connectShardRouter(options: RouterOptions): Promise<ShardRouter> {
  const shards = checkShards(options.shards).map(({ id, writer }): Shard => {
    const limits: PoolLimits = { ...LIMITS, connections: options.poolSize ?? 16 };
    return {
      id,
      routed: new ShardPool(id, writer, 'read only', limits),
      operator: new ShardPool(id, writer, 'read write', { ...limits, connections: OPERATOR_CONNECTIONS }),
      breaker: new Breaker(),
    };
  });
  const router = new ShardRouter(options, shards);
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
  readonly #clusterId: string;
  readonly #holder: string;
  readonly #shards: ReadonlyMap<number, Shard>;
  readonly #carrier = asyncLocalStorageCarrier<Frame>();
  #map: ShardMap | undefined;
  #lease: WorkerLease | undefined;
  #generator: NumberGenerator | undefined;
  #prober: NodeJS.Timeout | undefined;

  /** Use {@link connectShardRouter}. */
  constructor(options: RouterOptions, shards: readonly Shard[]) {
    this.#clusterId = options.clusterId;
    this.#holder = options.holder ?? `${hostname()}:${process.pid}`;
    this.#shards = new Map(shards.map((shard) => [shard.id, shard]));
  }

  /** Loads the map and leases a worker id. */
  async start(): Promise<void> {
    const ids = [...this.#shards.keys()];
    this.#map = await loadMap(ids, this.#clusterId, (shard, fn) => this.onShard(shard, fn));
    const unknown = this.#map.epochs
      .flatMap((epoch) => epoch.owners)
      .find((owner) => !this.#shards.has(owner));
    if (unknown !== undefined)
      throw new UnknownShardError(`the shard map names shard ${unknown}, which is not configured`);
    const lease = await WorkerLease.start(ids, (shard, fn) => this.onShard(shard, fn), this.#holder);
    this.#lease = lease;
    this.#generator = new NumberGenerator(() => lease.window());
    this.#prober = setInterval(() => void this.#probe(), PROBE_MS);
    this.#prober.unref();
  }

  get bucketCount(): number {
    return this.#currentMap().bucketCount;
  }

  /** The bucket of a key. A bigint and its decimal text have the same. */
  bucketOf(key: ShardKey): number {
    return bucketOf(key, this.bucketCount);
  }

  /** The shard that the map gives a key: a bigint by its number's epoch, a text by the owners of keys. */
  shardOf(key: ShardKey): number {
    const map = this.#currentMap();
    const bucket = bucketOf(key, map.bucketCount);
    return typeof key === 'bigint' ? ownerOfNumber(map, bucket, key) : map.keyOwners[bucket]!;
  }

  /** Every shard that is configured. */
  allShards(): readonly number[] {
    return [...this.#shards.keys()];
  }

  /** The shards that answered when they were last used. */
  liveShards(): readonly number[] {
    return [...this.#shards.values()].filter((shard) => shard.breaker.closed).map((shard) => shard.id);
  }

  /**
   * Draws a number that lives on shard `on`, or on any live one; about as many draws as there are shards.
   *
   * @throws NumbersUnavailableError with no worker lease, or no live shard
   */
  drawNumber(on?: number): bigint {
    if (on !== undefined && !this.#shards.has(on)) throw new UnknownShardError(`there is no shard ${on}`);
    const wanted = on === undefined ? new Set(this.liveShards()) : new Set([on]);
    const map = this.#currentMap();
    // Chances that so many draws all miss one shard of a thousand: less than one in 10^20.
    for (let tries = 0; wanted.size > 0 && tries < 50_000; tries += 1) {
      const number = this.#generator!.draw();
      if (wanted.has(ownerOfNumber(map, bucketOf(number, map.bucketCount), number))) return number;
    }
    throw new NumbersUnavailableError(
      on === undefined ? 'no shard is live' : `no number lives on shard ${on}`,
    );
  }

  /**
   * Runs `fn` in one read-write transaction on the shard that owns the target, and commits when it resolves. It can run
   * again, from its beginning, when the server gave the transaction up for the sake of others. A transaction for the
   * same number inside another is part of that one.
   *
   * @throws FenceError when the fence stays shut
   * @throws NumberNotWritableError when the number is too old, or not of now though it should be fresh
   * @throws ShardMismatchError inside a transaction for another number, or when number and key live apart
   * @throws ShardUnavailableError, TransactionAbortedError, UnknownOutcomeError
   */
  async transaction<T>(target: WriteTarget, fn: (transaction: ShardTransaction) => Promise<T>): Promise<T> {
    const open = joinable(this.#carrier.current(), target.number);
    if (open !== undefined) return fn(open);
    const buckets = {
      bucket: this.bucketOf(target.number),
      keyBucket: target.key === undefined ? undefined : this.bucketOf(keyText(target.key)),
    };
    let shard = this.shardOf(target.number);
    let why = '';
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      try {
        const result = await this.#guarded(shard, ({ routed }) =>
          attemptTransaction(
            routed,
            target,
            buckets,
            (fence) => admit(target, fence),
            (transaction) =>
              this.#carrier.run({ shard: transaction.shard, transaction }, async () => await fn(transaction)),
          ),
        );
        if (result.kind === 'done') return result.value;
        if (result.kind === 'elsewhere') {
          shard = result.owner;
          continue;
        }
        why = result.why;
      } catch (error) {
        if (!(error instanceof TransactionAbortedError) || attempt === MAX_ATTEMPTS - 1) throw error;
      }
      await backOff(attempt);
    }
    throw new FenceError(`number ${target.number} cannot be written now: ${why}`);
  }

  /**
   * Runs `fn` with a read-only session on the owner of a number, and answers only if the shard still owned it
   * afterwards, so what was read is not what another shard has changed since. It can run again on another shard.
   */
  async read<T>(number: bigint, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    const bucket = this.bucketOf(number);
    let shard = this.shardOf(number);
    let why = '';
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const result = await this.#guarded(shard, ({ routed }) =>
        routed.use(async (session) => {
          const value = await fn(session);
          return { value, verdict: judge(await readFence(session, bucket, number), `bucket ${bucket}`) };
        }),
      );
      if (result.verdict.kind === 'pass') return result.value;
      if (result.verdict.kind === 'elsewhere') {
        shard = result.verdict.owner;
        continue;
      }
      why = result.verdict.why;
      await backOff(attempt);
    }
    throw new FenceError(`number ${number} cannot be read now: ${why}`);
  }

  /** Runs `fn` with an operator's read-write session on one shard. Nothing fences it: for tables that are not routed. */
  async onShard<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return this.#guarded(shard, ({ operator }) => operator.use(fn));
  }

  /** Gives the worker id back and ends every connection. */
  async close(): Promise<void> {
    clearInterval(this.#prober);
    await this.#lease?.stop();
    await Promise.all(
      [...this.#shards.values()].flatMap(({ routed, operator }) => [routed.close(), operator.close()]),
    );
  }

  #currentMap(): ShardMap {
    if (this.#map === undefined) throw new ShardUnavailableError(-1, 'the router has not started');
    return this.#map;
  }

  /** Runs `fn` if the shard's breaker lets it, and tells the breaker how it went. */
  async #guarded<T>(id: number, fn: (shard: Shard) => Promise<T>): Promise<T> {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new UnknownShardError(`there is no shard ${id}`);
    if (!shard.breaker.closed)
      throw new ShardUnavailableError(id, 'did not answer lately; it is tried again in the background');
    try {
      const result = await fn(shard);
      shard.breaker.succeeded();
      return result;
    } catch (error) {
      if (error instanceof ShardUnavailableError) shard.breaker.failed();
      throw error;
    }
  }

  /** Asks the shards whose breaker is open whether they are back. */
  async #probe(): Promise<void> {
    const open = [...this.#shards.values()].filter((shard) => !shard.breaker.closed);
    await Promise.allSettled(
      open.map(async ({ operator, breaker }) => {
        await operator.use((session) => checkIdentity(session, this.#clusterId));
        breaker.succeeded();
      }),
    );
  }
}

/** Refuses a number that the fence's lower end, or the database's clock, puts out of reach. */
function admit({ number, fresh = false }: WriteTarget, fence: BucketFence): void {
  if (number < BigInt(fence.writable_from)) {
    throw new NumberNotWritableError(`number ${number} lies before what may still be written`);
  }
  if (!fresh) return;
  const ahead = decodeNumber(number).timeMs - Number(fence.now_ms);
  if (ahead > FRESH_NUMBER_WINDOW.aheadMs || ahead < -FRESH_NUMBER_WINDOW.behindMs) {
    throw new NumberNotWritableError(`number ${number} is ${ahead} ms off the database's clock`);
  }
}

/** Waits a little longer each time, with jitter: up to about 0.2 s. */
async function backOff(attempt: number): Promise<void> {
  const ms = Math.random() * Math.min(200, 5 * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, ms));
}
