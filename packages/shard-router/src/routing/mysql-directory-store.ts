import { InvalidKeyError, ShardUnavailableError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import {
  insertDirectoryEntry,
  moveDirectoryEntry,
  readDirectoryAfter,
  readDirectoryEntries,
} from '../sql/directory-entries.ts';
import type { DirectoryStore } from './directory-store.ts';
import { DirectoryUnavailableError } from './errors.ts';

/** Bytes of UTF-8 that a key may have. */
const KEY_BYTES = 1_000;
/** Entries that one statement asks for. */
const AT_ONCE = 1_000;

/**
 * A directory in the table `directory_entries` of one database: that of a shard, by `(fn) => router.onShard(0, fn)`, or one
 * of its own that the router's migrations were run on. While it does not answer, its keys fail with
 * DirectoryUnavailableError unless they are cached.
 */
export class MysqlDirectoryStore implements DirectoryStore {
  readonly #onDatabase: <T>(fn: (session: ShardSession) => Promise<T>) => Promise<T>;

  /** @param onDatabase runs a function with a read-write session of the database */
  constructor(onDatabase: <T>(fn: (session: ShardSession) => Promise<T>) => Promise<T>) {
    this.#onDatabase = onDatabase;
  }

  async find(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    if (keys.length === 0) return found;
    return this.#ask(async (session) => {
      for (let from = 0; from < keys.length; from += AT_ONCE) {
        const some = keys.slice(from, from + AT_ONCE).map((key) => Buffer.from(key));
        for (const { entry_key: key, shard } of await readDirectoryEntries(session, some))
          found.set(key.toString(), shard);
      }
      return found;
    });
  }

  /** @throws InvalidKeyError for a key that is too long, or no Unicode text */
  async place(key: string, shard: number): Promise<number> {
    const bytes = keyBytes(key);
    return this.#ask(async (session) => {
      await insertDirectoryEntry(session, bytes, shard);
      const [entry] = await readDirectoryEntries(session, [bytes]);
      return entry?.shard ?? shard;
    });
  }

  /**
   * Moves a key to another shard, once its rows are there. Returns false when it was not on `from`, and then it stays where
   * it is. Routers that have it cached notice when they read it again, or at `forget`.
   */
  async move(key: string, from: number, to: number): Promise<boolean> {
    const bytes = keyBytes(key);
    return this.#ask((session) => moveDirectoryEntry(session, bytes, from, to));
  }

  /** In the order of the keys' bytes: which are in use it does not know. */
  async *entries(limit: number): AsyncIterable<readonly [string, number]> {
    let after: Buffer = Buffer.alloc(0);
    for (let left = limit; left > 0;) {
      const wanted = Math.min(left, AT_ONCE);
      const page = await this.#ask((session) => readDirectoryAfter(session, after, wanted));
      for (const { entry_key: key, shard } of page) yield [key.toString(), shard];
      if (page.length < wanted) return;
      left -= page.length;
      after = page.at(-1)!.entry_key;
    }
  }

  async #ask<T>(fn: (session: ShardSession) => Promise<T>): Promise<T> {
    try {
      return await this.#onDatabase(fn);
    } catch (error) {
      // Its shard is not the one that the key lives on.
      if (!(error instanceof ShardUnavailableError)) throw error;
      throw new DirectoryUnavailableError('the directory`s database does not answer', { cause: error });
    }
  }
}

function keyBytes(key: string): Buffer {
  const bytes = Buffer.from(key);
  if (bytes.length > KEY_BYTES)
    throw new InvalidKeyError(`a key of a directory has at most ${KEY_BYTES} bytes, not ${bytes.length}`);
  if (!key.isWellFormed()) throw new InvalidKeyError('a key of a directory must be well-formed Unicode');
  return bytes;
}
