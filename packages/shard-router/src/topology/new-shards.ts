import type { RouterObserver } from '../observe/observer.ts';
import type { Shards } from '../pools/shards.ts';
import { checkShards, type ShardConfig } from './config.ts';
import { checkOwners, type ShardMap, shardsOfMap } from './map.ts';

type ReadShards = () => readonly ShardConfig[] | Promise<readonly ShardConfig[]>;

/** Keeps a router's shards equal to the cluster's: it opens shards that were configured later, and drops those that left. */
export class NewShards {
  readonly #shards: Shards;
  readonly #read: ReadShards | undefined;
  readonly #observer: RouterObserver | undefined;
  #looking: Promise<void> | undefined;
  #started = false;
  /** The shards of the newest map, whether the router uses that map or not. */
  #named: readonly number[] = [];

  constructor(shards: Shards, read: ReadShards | undefined, observer: RouterObserver | undefined) {
    this.#shards = shards;
    this.#read = read;
    this.#observer = observer;
  }

  /** Shards of the newest map that are not configured. */
  missing(): readonly number[] {
    return this.#named.filter((shard) => !this.#shards.has(shard));
  }

  /** Opens the unknown shards of a map. Throws UnknownShardError when an owner is not configured. */
  async getReady(map: ShardMap): Promise<void> {
    let failed: unknown;
    this.#named = shardsOfMap(map);
    if (!this.#named.every((shard) => this.#shards.isMember(shard)))
      await this.look().catch((error: unknown) => (failed = error));
    checkOwners(map, (shard) => this.#shards.has(shard), failed);
    this.#follow(map);
  }

  /** Opens a shard that a fence has named but no map lists yet. Throws what reading the configuration throws. */
  async meet(shard: number): Promise<void> {
    if (!this.#shards.has(shard)) await this.look();
    if (this.#shards.join(shard)) this.#observer?.shardAdded?.(shard);
  }

  /**
   * Reads the configuration again. Callers at the same time share one read. Throws what the read throws, such as
   * TopologyError.
   */
  look(): Promise<void> {
    const read = this.#read;
    if (read === undefined) return Promise.resolve();
    this.#looking ??= (async () => {
      this.#shards.add(checkShards(await read()));
    })().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #follow(map: ShardMap): void {
    const members = shardsOfMap(map);
    const joined = members.filter((shard) => this.#shards.join(shard));
    // Maps of older releases do not list shards that own nothing.
    const left = map.shards === undefined ? [] : this.#shards.ids().filter((id) => !members.includes(id));
    for (const shard of left) this.#shards.leave(shard);
    // A shard that was configured at the start but not added yet was never in use, so its leaving is not reported.
    const observer = this.#started ? this.#observer : undefined;
    this.#started = true;
    for (const shard of joined) observer?.shardAdded?.(shard);
    for (const shard of left) observer?.shardRemoved?.(shard);
  }
}
