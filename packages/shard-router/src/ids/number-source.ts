import { NumbersUnavailableError } from '../errors.ts';
import { bucketOf } from '../routing/bucket.ts';
import { ownerOfKey, ownerOfNumber, type ShardMap } from '../topology/map.ts';
import { NumberGenerator } from './generator.ts';
import { type OnShard, WorkerLease } from './worker-lease.ts';

// The chance that so many draws all miss one shard of a thousand is less than one in 10^20.
const MAX_DRAWS = 50_000;

/** Draws numbers that live on a wanted shard. */
export class NumberSource {
  readonly #lease: WorkerLease;
  readonly #generator: NumberGenerator;

  private constructor(lease: WorkerLease) {
    this.#lease = lease;
    this.#generator = new NumberGenerator(() => lease.window());
  }

  /** Leases a worker id from one of the shards that exist at the time. While no shard leases one, nothing can be drawn. */
  static async start(
    shards: () => readonly number[],
    onShard: OnShard,
    holder: string,
  ): Promise<NumberSource> {
    return new NumberSource(await WorkerLease.start(shards, onShard, holder));
  }

  /**
   * Draws until a number lives on one of the wanted shards. That takes about as many draws as there are shards for each
   * wanted one.
   *
   * @throws NumbersUnavailableError with no worker lease, or no wanted shard that owns numbers
   * @throws ClockApartError when the databases lease no worker id to a process with this clock
   */
  draw(map: ShardMap, wanted: ReadonlySet<number>): bigint {
    if (wanted.size === 0) throw new NumbersUnavailableError('no shard is live');
    return this.#drawWhere(
      map,
      (owner) => wanted.has(owner),
      () => `shard ${[...wanted].join(', ')}`,
    );
  }

  /**
   * Draws until a number lives on the shard of those keys of a bucket that are written together with it.
   *
   * @throws NumbersUnavailableError with no worker lease
   */
  drawForKey(map: ShardMap, keyBucket: number): bigint {
    return this.#drawWhere(
      map,
      (owner, number) => owner === ownerOfKey(map, keyBucket, number),
      () => `the shard of key bucket ${keyBucket}`,
    );
  }

  #drawWhere(map: ShardMap, wanted: (owner: number, number: bigint) => boolean, where: () => string): bigint {
    for (let draws = 0; draws < MAX_DRAWS; draws += 1) {
      const number = this.#next();
      if (wanted(ownerOfNumber(map, bucketOf(number, map.bucketCount), number), number)) return number;
    }
    throw new NumbersUnavailableError(`no number lives on ${where()}`);
  }

  /**
   * Draws a number. If that fails, for example because the lease has run out after a jump of the clock, asks for a lease at
   * once instead of at the next renewal.
   */
  #next(): bigint {
    try {
      return this.#generator.draw();
    } catch (error) {
      this.#lease.hurry();
      throw error;
    }
  }

  /** Gives the worker id back. */
  async stop(): Promise<void> {
    await this.#lease.stop(() => this.#generator.lastMs);
  }
}

/**
 * Returns the source of a router that leases a worker id. Throws {@link NumbersUnavailableError} for a router that leases
 * none.
 */
export function leased(source: NumberSource | undefined): NumberSource {
  if (source === undefined) throw new NumbersUnavailableError('this router leases no worker id');
  return source;
}
