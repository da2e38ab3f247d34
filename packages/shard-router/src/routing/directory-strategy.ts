import { RouterError, TopologyError } from '../errors.ts';
import { keyText, type ShardKey } from './bucket.ts';
import { DirectoryCache } from './directory-cache.ts';
import type { DirectoryStore } from './directory-store.ts';
import { DirectoryUnavailableError, KeyNotInDirectoryError } from './errors.ts';
import { checkKnownShard, checkStrategyShards, type Growth, type ShardingStrategy } from './strategy.ts';

export interface DirectoryOptions {
  readonly shards: readonly number[];
  readonly store: DirectoryStore;
  /** Entries kept in memory at the most, about 100 bytes each; default 100,000. */
  readonly cacheSize?: number;
  /** Age in milliseconds from which an entry is read again in the background when it is used; default 60,000. */
  readonly refreshAfterMs?: number;
  /** How long the store may take to answer; default 1,000. */
  readonly timeoutMs?: number;
  /** Chooses the shard of a key that the store does not know. Without it, such a key is refused. */
  readonly choose?: (key: string) => number;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

/**
 * Looks the shard of each key up in a store, through a cache. The store is a single point of failure for keys that are not in
 * the cache: while it is down, they fail with a typed error. Cached keys go on, however old their entries are.
 */
export class DirectoryStrategy implements ShardingStrategy {
  readonly name = 'directory';
  readonly shards: readonly number[];
  readonly growth: Growth = {
    unit: 'key',
    withoutCopying: true,
    description:
      'New keys are placed on the new shard; any key can be moved alone, as fast as the store is told.',
  };
  readonly #known: ReadonlySet<number>;
  readonly #options: Required<Omit<DirectoryOptions, 'shards' | 'choose'>> & Pick<DirectoryOptions, 'choose'>;
  readonly #cache: DirectoryCache;
  /** Look-ups under way, by key. */
  readonly #pending = new Map<string, Promise<number>>();
  /** Keys that the next question to the store will hold. */
  #batch: { readonly keys: string[]; readonly answer: Promise<ReadonlyMap<string, number>> } | undefined;

  private constructor({ shards, choose, ...options }: DirectoryOptions) {
    this.#known = checkStrategyShards(shards);
    this.shards = [...shards];
    this.#options = {
      cacheSize: 100_000,
      refreshAfterMs: 60_000,
      timeoutMs: 1_000,
      now: Date.now,
      ...options,
      ...(choose === undefined ? {} : { choose }),
    };
    this.#cache = new DirectoryCache(this.#options.cacheSize);
  }

  /**
   * Opens a directory and fills its cache.
   *
   * @throws TopologyError when the store is empty and no rule places new keys
   * @throws UnknownShardError when an entry names a shard that is none of `shards`
   * @throws DirectoryUnavailableError when the store does not answer
   */
  static async open(options: DirectoryOptions): Promise<DirectoryStrategy> {
    const strategy = new DirectoryStrategy(options);
    await strategy.#fill();
    return strategy;
  }

  /**
   * The shard of a key: at once from the cache, else a promise that asks the store.
   *
   * @throws InvalidKeyError at once; the promise rejects with KeyNotInDirectoryError, DirectoryUnavailableError or, for an
   *   entry that names an unknown shard, UnknownShardError
   */
  shardOf(key: ShardKey): number | Promise<number> {
    const text = keyText(key);
    const entry = this.#cache.get(text);
    if (entry === undefined) return this.#read(text);
    // An old entry is still used, and read again in the background: cached keys must go on while the store is down.
    if (this.#options.now() - entry.readAt >= this.#options.refreshAfterMs) {
      this.#read(text).catch(() => undefined);
    }
    return entry.shard;
  }

  /**
   * Drops the cached entry of a key, for example when its shard says that the key is not there. The next use asks the store.
   */
  forget(key: ShardKey): void {
    this.#cache.delete(keyText(key));
  }

  async #fill(): Promise<void> {
    const { store, cacheSize, choose, now } = this.#options;
    try {
      for await (const [key, shard] of store.entries(cacheSize)) {
        checkKnownShard(this.#known, shard, `the directory's entry of key ${JSON.stringify(key)}`);
        this.#cache.set(key, { shard, readAt: now() });
      }
    } catch (error) {
      throw asTyped(error);
    }
    if (this.#cache.size === 0 && choose === undefined) {
      throw new TopologyError('the directory is empty, and no rule places new keys');
    }
  }

  /** Reads one key from the store. Callers that ask at the same time share one read. */
  #read(key: string): Promise<number> {
    let reading = this.#pending.get(key);
    if (reading === undefined) {
      reading = this.#readNow(key).finally(() => this.#pending.delete(key));
      this.#pending.set(key, reading);
    }
    return reading;
  }

  async #readNow(key: string): Promise<number> {
    const { choose, store, now } = this.#options;
    try {
      let shard = (await this.#find(key)).get(key);
      if (shard === undefined) {
        this.#cache.delete(key);
        if (choose === undefined) {
          throw new KeyNotInDirectoryError(`key ${JSON.stringify(key)} is not in the directory`);
        }
        const chosen = choose(key);
        checkKnownShard(this.#known, chosen, 'the rule for new keys');
        shard = await this.#withinTime(store.place(key, chosen));
      }
      checkKnownShard(this.#known, shard, `the directory's entry of key ${JSON.stringify(key)}`);
      this.#cache.set(key, { shard, readAt: now() });
      return shard;
    } catch (error) {
      throw asTyped(error);
    }
  }

  /** Keys that are missed in one turn of the event loop are asked for together. */
  #find(key: string): Promise<ReadonlyMap<string, number>> {
    if (this.#batch === undefined) {
      const keys: string[] = [];
      const answer = Promise.resolve().then(() => {
        this.#batch = undefined;
        return this.#withinTime(this.#options.store.find(keys));
      });
      this.#batch = { keys, answer };
    }
    this.#batch.keys.push(key);
    return this.#batch.answer;
  }

  async #withinTime<T>(answer: Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new DirectoryUnavailableError(`the directory did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Turns every error of the store itself into one kind of error for the caller. */
function asTyped(error: unknown): unknown {
  if (error instanceof RouterError) return error;
  return new DirectoryUnavailableError('the directory cannot be read', { cause: error });
}
