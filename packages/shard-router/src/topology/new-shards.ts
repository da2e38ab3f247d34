import type { ShardConfig } from './config.ts';

/** Looks for shards that were configured after the router was opened. */
export class NewShards {
  readonly #read: (() => readonly ShardConfig[] | Promise<readonly ShardConfig[]>) | undefined;
  readonly #found: (configs: readonly ShardConfig[]) => void;
  #looking: Promise<void> | undefined;

  /** @param found is given all configured shards, after each look */
  constructor(
    read: (() => readonly ShardConfig[] | Promise<readonly ShardConfig[]>) | undefined,
    found: (configs: readonly ShardConfig[]) => void,
  ) {
    this.#read = read;
    this.#found = found;
  }

  /** Reads the configuration again, once for all who ask at one time. Throws what that throws, such as TopologyError. */
  look(): Promise<void> {
    const read = this.#read;
    if (read === undefined) return Promise.resolve();
    this.#looking ??= (async () => this.#found(await read()))().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }
}
