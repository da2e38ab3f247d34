import { NumbersUnavailableError } from '../errors.ts';
import { bucketOf } from '../routing/bucket.ts';
import { ownerOfNumber, type ShardMap } from '../topology/map.ts';
import { NumberGenerator } from './generator.ts';
import { type OnShard, WorkerLease } from './worker-lease.ts';

// The chance that so many draws all miss one shard of a thousand is less than one in 10^20.
const MAX_DRAWS = 50_000;

/** Draws numbers that live where they should. */
export class NumberSource {
  readonly #lease: WorkerLease;
  readonly #generator: NumberGenerator;

  private constructor(lease: WorkerLease) {
    this.#lease = lease;
    this.#generator = new NumberGenerator(() => lease.window());
  }

  /** Leases a worker id from one of `shards`; while none gives one, nothing can be drawn. */
  static async start(shards: readonly number[], onShard: OnShard, holder: string): Promise<NumberSource> {
    return new NumberSource(await WorkerLease.start(shards, onShard, holder));
  }

  /**
   * Draws until a number lives on one of the wanted shards: about as many draws as there are shards for each wanted.
   *
   * @throws NumbersUnavailableError with no worker lease, or no wanted shard that owns numbers
   */
  draw(map: ShardMap, wanted: ReadonlySet<number>): bigint {
    for (let draws = 0; wanted.size > 0 && draws < MAX_DRAWS; draws += 1) {
      const number = this.#generator.draw();
      if (wanted.has(ownerOfNumber(map, bucketOf(number, map.bucketCount), number))) return number;
    }
    throw new NumbersUnavailableError(
      wanted.size === 0 ? 'no shard is live' : `no number lives on shard ${[...wanted].join(', ')}`,
    );
  }

  /** Gives the worker id back. */
  async stop(): Promise<void> {
    await this.#lease.stop(() => this.#generator.lastMs);
  }
}
