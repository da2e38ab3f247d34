/** Where a directory keeps the shard of each key: a table, a Redis hash, a service. Keys are texts. */
export interface DirectoryStore {
  /** The shards of keys. Keys that it does not know are left out of the answer. */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Assigns a key to a shard unless it has one, atomically. Resolves with the shard that it has then. */
  place(key: string, shard: number): Promise<number>;
  /** Some entries to begin with, at most `limit`, those in most use first where it knows. */
  entries(limit: number): AsyncIterable<readonly [key: string, shard: number]>;
}

/** A directory in memory, for tests and for lists that are fixed in the configuration. */
export class MemoryDirectoryStore implements DirectoryStore {
  readonly #shards: Map<string, number>;

  constructor(entries: Iterable<readonly [string, number]> = []) {
    this.#shards = new Map(entries);
  }

  find(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const key of keys) {
      const shard = this.#shards.get(key);
      if (shard !== undefined) found.set(key, shard);
    }
    return Promise.resolve(found);
  }

  place(key: string, shard: number): Promise<number> {
    const has = this.#shards.get(key) ?? shard;
    this.#shards.set(key, has);
    return Promise.resolve(has);
  }

  async *entries(limit: number): AsyncIterable<readonly [string, number]> {
    let left = limit;
    for (const entry of this.#shards) {
      if (left <= 0) return;
      left -= 1;
      yield entry;
    }
  }
}
