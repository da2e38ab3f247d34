import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TopologyError } from '../errors.ts';
import { decodeMap, encodeMapBody, type ShardMap, type StoredMap } from './map.ts';

/** Tells routers that a newer map may exist, for example over an event bus. */
export interface MapNotifier {
  /** Calls `changed` at each notice, until the function that is returned is called. */
  subscribe(changed: () => void): () => void;
}

export interface MapCacheOptions {
  readonly clusterId: string;
  /** Loads the newest map from the shards. */
  readonly load: () => Promise<ShardMap>;
  /** Prepares the router for a map. Throws when this router cannot route by it. */
  readonly check: (map: ShardMap) => void | Promise<void>;
  /** A file that keeps the newest map, for a start while no shard answers. */
  readonly file?: string | undefined;
  readonly notifier?: MapNotifier | undefined;
  readonly pollMs: number;
  /** Called after each look for a map, with the version now in use (0 for none), and with the error if the look failed. */
  readonly looked?: (version: number, error: unknown) => void;
}

/** Holds the newest map that was seen. It refreshes the map at notices, when a fence disagrees, and by polling. */
export class MapCache {
  readonly #options: MapCacheOptions;
  #map: ShardMap | undefined;
  /** {@link #map}, changed by what fences have said since it was loaded. */
  #routing: ShardMap | undefined;
  #reloading: Promise<void> | undefined;
  /** Whether a reload was asked for while another one was under way. */
  #again = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: MapCacheOptions) {
    this.#options = options;
  }

  /**
   * Loads the first map: the newest of the shards, or the file's where no shard answers.
   *
   * @throws what loading threw, when there is no file to fall back on
   */
  async start(): Promise<void> {
    const { load, notifier, pollMs } = this.#options;
    try {
      await this.#accept(await load());
      this.#looked(undefined);
    } catch (error) {
      this.#looked(error);
      if (!(error as { retryable?: boolean }).retryable) throw error;
      const kept = await this.#readFile();
      if (kept === undefined) throw error;
      await this.#accept(kept);
    }
    this.#timer = setInterval(() => this.reload(), pollMs);
    this.#timer.unref();
    this.#unsubscribe = notifier?.subscribe(() => this.reload());
  }

  /** The map to route by: the newest version, with what was learned since. */
  get current(): ShardMap {
    if (this.#routing === undefined) throw new TopologyError('no shard map was loaded');
    return this.#routing;
  }

  /** Applies what a fence has said. It holds until the next version of the map arrives, which says the same. */
  learn(change: (map: ShardMap) => ShardMap): void {
    this.#routing = change(this.current);
  }

  /**
   * Looks for a newer map in the background. What is there stays in use when none can be had, or it is refused. Asked for
   * while it looks, it looks once more: what it has found may be older than the notice.
   */
  reload(): void {
    this.#again = this.#reloading !== undefined;
    this.#reloading ??= this.#options
      .load()
      .then((map) => this.#accept(map))
      .then(
        () => this.#looked(undefined),
        (error: unknown) => this.#looked(error),
      )
      .finally(() => {
        this.#reloading = undefined;
        if (this.#again && !this.#stopped) this.reload();
      });
  }

  /** {@link reload}, and waits until it has looked. */
  async refresh(): Promise<void> {
    this.reload();
    // A reload that was under way is followed by another one, so wait for both.
    await this.#reloading;
    await this.#reloading;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unsubscribe?.();
    await this.#reloading;
  }

  #looked(error: unknown): void {
    this.#options.looked?.(this.#map?.version ?? 0, error);
  }

  async #accept(map: ShardMap): Promise<void> {
    const known = this.#map;
    if (known !== undefined) {
      if (map.version < known.version) return;
      if (map.version === known.version) {
        if (map.hash === known.hash) return;
        throw new TopologyError(`shard map version ${map.version} came with another content than before`);
      }
      if (map.version === known.version + 1 && map.parentHash !== known.hash) {
        throw new TopologyError(`shard map version ${map.version} does not follow the one in use`);
      }
    }
    await this.#options.check(map);
    this.#map = map;
    this.#routing = map;
    await this.#writeFile(map);
  }

  async #readFile(): Promise<ShardMap | undefined> {
    const { file, clusterId } = this.#options;
    if (file === undefined) return undefined;
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch {
      return undefined;
    }
    return decodeMap(JSON.parse(text) as StoredMap, clusterId);
  }

  /**
   * Writes the file whole or not at all. A failure stops nothing: the file is needed only for a start while no shard answers.
   */
  async #writeFile(map: ShardMap): Promise<void> {
    const { file } = this.#options;
    if (file === undefined) return;
    const { version, parentHash, hash } = map;
    const stored: StoredMap = { version, parent_hash: parentHash, hash, body: encodeMapBody(map) };
    const draft = `${file}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(draft, JSON.stringify(stored));
      await rename(draft, file);
    } catch {
      // The next start then needs a shard.
    }
  }
}
