import type { Collection, Db } from 'mongodb';
import { collectionOf, type Projection, SERVING_COLLECTIONS } from '../views/collections.ts';
import { RebuildStateError } from './errors.ts';
import { DURABLE } from '../views/write-concern.ts';

/** A collection that is built beside the one that is served. */
export interface Build {
  readonly collection: string;
  /** The collection that was served when it began. */
  readonly from: string;
  /** `copying`: orders are read into it. `copied`: it may be switched to. `switched`: it is, or was, served. */
  readonly state: 'copying' | 'copied' | 'switched';
}

/**
 * What projectors and readers of a projection go by. `epoch` rises with each change, and is what they acknowledge.
 * Projectors write to the `targets` in their order, each event into the first before the next: a reader that moves to an
 * earlier one never finds it behind.
 */
export interface Control {
  readonly epoch: number;
  readonly serving: string;
  readonly targets: readonly string[];
  /** How many builds there were. */
  readonly builds: number;
  readonly build?: Build;
}

type Stored = { readonly _id: string } & Partial<Control>;

/** Reads and changes what projectors and readers go by. Throws the driver's errors. */
export class ControlStore {
  readonly #stored: Collection<Stored>;
  readonly #projection: Projection;

  constructor(db: Db, projection: Projection) {
    this.#projection = projection;
    this.#stored = db.collection<Stored>(SERVING_COLLECTIONS, {
      readConcern: { level: 'majority' },
      writeConcern: DURABLE,
    });
  }

  async read(): Promise<Control> {
    const found = await this.#stored.findOne({ _id: this.#projection.name });
    const serving = found?.serving ?? collectionOf(this.#projection);
    return {
      epoch: found?.epoch ?? 0,
      serving,
      targets: found?.targets ?? [serving],
      builds: found?.builds ?? 0,
      ...(found?.build === undefined ? {} : { build: found.build }),
    };
  }

  /**
   * Makes a change, in the next epoch, if nobody has made another since `seen` was read.
   *
   * @throws RebuildStateError when somebody has
   */
  async change(
    seen: Control,
    change: Partial<Omit<Control, 'build'>> & { readonly build?: Build | undefined },
  ): Promise<Control> {
    const { build, ...rest } = { ...seen, ...change };
    const next: Control = { ...rest, epoch: seen.epoch + 1, ...(build === undefined ? {} : { build }) };
    const filter =
      seen.epoch === 0
        ? { _id: this.#projection.name, epoch: { $exists: false } }
        : { _id: this.#projection.name, epoch: seen.epoch };
    try {
      const { matchedCount, upsertedCount } = await this.#stored.replaceOne(filter, next, {
        upsert: seen.epoch === 0,
      });
      if (matchedCount + upsertedCount === 1) return next;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 11_000) throw error;
    }
    throw new RebuildStateError('another command has changed the rebuild meanwhile');
  }
}
