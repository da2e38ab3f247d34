import type { KnownBeats } from '../beats/known-beats.ts';
import { shown } from '../entry/shown.ts';
import { UnknownShardError } from '../errors.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { ShardEndpoints } from '../topology/config.ts';
import type { PoolLimits } from './pool-limits.ts';
import type { ServerAccess } from './server-access.ts';
import { Shard } from './shard.ts';

/** How long statements under way may take on a server that another one has replaced, milliseconds. */
const CLOSE_MS = 5_000;

/**
 * All configured shards of a router, by id. Shards that the shard map does not list stand outside until it does: they were
 * not added yet, or were removed, and nothing is sent to them.
 */
export class Shards {
  readonly #byId = new Map<number, Shard>();
  readonly #outside = new Set<number>();
  readonly #open: (config: ShardEndpoints) => Shard;

  constructor(open: (config: ShardEndpoints) => Shard) {
    this.#open = open;
  }

  static of(
    configs: readonly ShardEndpoints[],
    clusterId: string,
    limits: PoolLimits,
    access: ServerAccess,
    telemetry: Telemetry,
    beats?: KnownBeats,
  ): Shards {
    const shards = new Shards(
      ({ id, writer, readers, access: own }) =>
        new Shard(id, clusterId, [writer, ...readers], limits, { ...access, ...own }, telemetry, beats),
    );
    shards.add(configs);
    // Until a map says which of them are of the cluster.
    for (const { id } of configs) shards.join(id);
    return shards;
  }

  /**
   * Opens shards outside of the cluster. Those that stand there already are opened anew, because their servers may have
   * changed.
   */
  add(configs: readonly ShardEndpoints[]): void {
    for (const config of configs) {
      const { id } = config;
      if (this.isMember(id)) continue;
      void this.#byId.get(id)?.close(CLOSE_MS);
      this.#byId.set(id, this.#open(config));
      this.#outside.add(id);
    }
  }

  /** Takes in a shard that stands outside. Returns whether it stood there. */
  join(id: number): boolean {
    return this.#outside.delete(id);
  }

  /** Puts a shard outside. */
  leave(id: number): void {
    this.#outside.add(id);
  }

  /** The shard of an id. Throws {@link UnknownShardError}. */
  get(id: number): Shard {
    const shard = this.#byId.get(id);
    if (shard === undefined) throw new UnknownShardError(`there is no shard ${shown(id)}`);
    return shard;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  /** Whether it is there, and not outside. */
  isMember(id: number): boolean {
    return this.#byId.has(id) && !this.#outside.has(id);
  }

  /** Returns all shards that do not stand outside. */
  all(): readonly Shard[] {
    return [...this.#byId.values()].filter(({ id }) => !this.#outside.has(id));
  }

  ids(): readonly number[] {
    return this.all().map(({ id }) => id);
  }

  /** Ends every connection, also of those outside. */
  async close(withinMs: number): Promise<void> {
    await Promise.all([...this.#byId.values()].map((shard) => shard.close(withinMs)));
  }

  /** Returns those of {@link ids} that may be used. */
  liveIds(): readonly number[] {
    return this.all()
      .filter((shard) => shard.live)
      .map((shard) => shard.id);
  }

  /** Returns the shards for rows that may live on any shard: the trusted ones, or all live ones when none is trusted. */
  choiceIds(): readonly number[] {
    const trusted = this.all().filter((shard) => shard.trusted);
    return trusted.length === 0 ? this.liveIds() : trusted.map((shard) => shard.id);
  }

  /** Probes all of them; never rejects. */
  async probe(): Promise<void> {
    await Promise.allSettled(this.all().map((shard) => shard.probe()));
  }
}
