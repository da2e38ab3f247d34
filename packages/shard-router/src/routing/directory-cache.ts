/** What the cache holds of a key. */
export interface CachedShard {
  readonly shard: number;
  /** On the clock of the strategy, in milliseconds. */
  readonly readAt: number;
}

/**
 * Keeps the entries used last, within a bound. It has two generations of half the size each. An entry that is used in the old
 * one moves to the young one. When the young one is full, it becomes the old one, and the old one is dropped. A hit is one
 * look-up in a Map; true LRU order would take a delete and an insert on every hit.
 */
export class DirectoryCache {
  readonly #half: number;
  #young = new Map<string, CachedShard>();
  #old = new Map<string, CachedShard>();

  /** @param size entries at the most */
  constructor(size: number) {
    this.#half = Math.max(1, Math.floor(size / 2));
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): CachedShard | undefined {
    const entry = this.#young.get(key);
    if (entry !== undefined) return entry;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, entry: CachedShard): void {
    this.#old.delete(key);
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
