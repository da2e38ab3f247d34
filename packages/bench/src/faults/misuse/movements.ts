import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BucketMove,
  cleanUp,
  type MoveOptions,
  moveBuckets,
  openNextEpoch,
  type OperatorCluster,
  resumeMoves,
  planFor,
} from '@ordershard/rebalance';
import { loadMap, type ShardConfig } from '@ordershard/shard-router';
import type { Seeded } from '../seeded.ts';
import { until } from '../until.ts';
import { BUCKETS, CLUSTER, operatorOf, setByHand } from './cluster.ts';

/** Buckets of a plan. */
const AT_ONCE = 4;
const PAUSE_MS = 500;
/** By the databases' clocks, from the decision to the first number of an epoch, milliseconds. */
const BEGINS_IN_MS = 4_000;
const OPENING = { leadMs: 3_000, decidedBeforeMs: 300, prepareMs: 2_500 } as const;

const OPTIONS: MoveOptions = { by: 'faults', throttle: 'off', leaseMs: 5_000 };

/** What operators do during the run: they move buckets of numbers and keys from shard to shard, and open an epoch. */
export class Movements {
  /** Buckets that have moved. */
  moved = 0;
  /** Epochs that were opened. */
  opened = 0;
  readonly #cluster: OperatorCluster;
  readonly #random: Seeded;
  readonly #progress: (message: string) => void;
  #moving: Promise<void> = Promise.resolve();
  #ended = false;
  #asked: PromiseWithResolvers<void> | undefined;

  constructor(shards: readonly ShardConfig[], random: Seeded, progress: (message: string) => void) {
    this.#cluster = operatorOf(shards);
    this.#random = random;
    this.#progress = progress;
  }

  /** Begins to move buckets, some at a time. */
  start(): void {
    this.#moving = (async () => {
      while (!this.#ended) {
        if (this.#asked !== undefined && this.opened === 0) {
          await this.#openEpoch();
          this.#asked.resolve();
        } else {
          await this.#moveSome();
        }
        await sleep(PAUSE_MS);
      }
    })();
    // The caller that ends this, or waits for the epoch, gets the error.
    this.#moving.catch((error: unknown) => this.#asked?.reject(error));
  }

  /** Opens an epoch when no bucket is on its way, and resolves when it has begun. */
  openEpoch(): Promise<void> {
    this.#asked ??= Promise.withResolvers();
    return this.#asked.promise;
  }

  /** Begins no more moves, waits for what is under way, and cleans up what moves have left behind. */
  async settle(): Promise<void> {
    this.#ended = true;
    await this.#moving;
    await this.#settle();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#moving.catch(() => undefined);
    await this.#cluster.close();
  }

  async #moveSome(): Promise<void> {
    const map = await loadMap(this.#cluster.shards, CLUSTER, this.#cluster.onShard);
    const epoch = map.epochs.at(-1)!;
    const moves = new Map<string, BucketMove>();
    while (moves.size < AT_ONCE) {
      const kind = this.#random.pick(['numbers', 'keys'] as const);
      const bucket = this.#random.between(0, BUCKETS);
      if (setByHand(bucket)) continue;
      const from = (kind === 'numbers' ? epoch.owners : (epoch.keyOwners ?? map.keyOwners))[bucket]!;
      const to = this.#random.pick(this.#cluster.shards.filter((shard) => shard !== from));
      moves.set(`${kind} ${bucket}`, { kind, bucket, from, to });
    }
    const plan = planFor(map, [...moves.values()]);
    try {
      const { switched } = await moveBuckets(this.#cluster, plan, OPTIONS);
      this.moved += switched.length;
    } catch (error) {
      this.#progress(`a move has ended with ${String(error)}`);
    }
    await this.#settle();
  }

  /** Resumes moves until none is half done, and cleans up after them. */
  async #settle(): Promise<void> {
    let last: unknown;
    await until(
      'moves to come to their end',
      async () => {
        try {
          for (const { switched } of await resumeMoves(this.#cluster, OPTIONS)) this.moved += switched.length;
          await cleanUp(this.#cluster, { ...OPTIONS, graceMs: 0 });
          return true;
        } catch (error) {
          if (String(error) !== String(last)) this.#progress(`resume has ended with ${String(error)}`);
          last = error;
          await sleep(PAUSE_MS);
          return false;
        }
      },
      60_000,
    );
  }

  async #openEpoch(): Promise<void> {
    const heavier = this.#random.pick(this.#cluster.shards);
    await until('an epoch to be opened', async () => {
      try {
        const map = await openNextEpoch(this.#cluster, {
          beginsInMs: BEGINS_IN_MS,
          wishes: { weights: new Map([[heavier, 2]]) },
          by: 'faults',
          limits: OPENING,
        });
        this.#progress(`epoch ${map.epochs.length} is opened by map ${map.version}`);
        return true;
      } catch (error) {
        // Transactions of wrong uses may hold a fence for longer than it waits.
        this.#progress(`an opening has ended with ${String(error)}`);
        return false;
      }
    });
    this.opened += 1;
    await sleep(BEGINS_IN_MS);
  }
}
