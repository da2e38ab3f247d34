import type { RouterObserver } from '../observe/observer.ts';
import type { Shards } from '../pools/shard.ts';
import { checkShards, type ShardConfig } from './config.ts';
import { checkOwners, type ShardMap, shardsOfMap } from './map.ts';

type ReadShards = () => readonly ShardConfig[] | Promise<readonly ShardConfig[]>;

/** Opens shards that were configured after the router was opened. */
export class NewShards {
  readonly #shards: Shards;
  readonly #read: ReadShards | undefined;
  readonly #observer: RouterObserver | undefined;
  #looking: Promise<void> | undefined;

  constructor(shards: Shards, read: ReadShards | undefined, observer: RouterObserver | undefined) {
    this.#shards = shards;
    this.#read = read;
    this.#observer = observer;
  }

  /** Opens the shards of a map that are not known. Throws UnknownShardError when an owner is not configured. */
  async getReady(map: ShardMap): Promise<void> {
    let failed: unknown;
    if (!shardsOfMap(map).every((shard) => this.#shards.has(shard)))
      await this.look().catch((error: unknown) => (failed = error));
    checkOwners(map, (shard) => this.#shards.has(shard), failed);
  }

  /** Reads the configuration again, once for all who ask at one time. Throws what that throws, such as TopologyError. */
  look(): Promise<void> {
    const read = this.#read;
    if (read === undefined) return Promise.resolve();
    this.#looking ??= (async () => {
      for (const shard of this.#shards.add(checkShards(await read()))) this.#observer?.shardAdded?.(shard);
    })().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }
}
