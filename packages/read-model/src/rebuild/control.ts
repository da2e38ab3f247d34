import type { Collection, Db } from 'mongodb';
import { collectionOf, type Projection, SERVING_COLLECTIONS } from '../views/collections.ts';
import { RebuildStateError } from './errors.ts';
import { DURABLE } from '../views/write-concern.ts';

/** A new collection that is built beside the served one. */
export interface Build {
  readonly collection: string;
  /** The collection that was served when it began. */
  readonly from: string;
  /** `copying`: orders are read into it. `copied`: it may be switched to. `switched`: it is, or was, served. */
  readonly state: 'copying' | 'copied' | 'switched';
}

/**
 * The document that projectors and readers of a projection go by. `epoch` rises with each change; it is the number that they
 * acknowledge. Projectors write to the `targets` in their order, each event into the first before the next. So a reader that
 * moves to an earlier target never finds it behind.
 */
export interface Control {
  readonly epoch: number;
  readonly serving: string;
  readonly targets: readonly string[];
  /** How many builds have been started. */
  readonly builds: number;
  readonly build?: Build;
}

type Stored = { readonly _id: string } & Partial<Control>;

/** Reads and changes the document that projectors and readers go by. Throws the driver's errors. */
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
   * Makes a change, in the next epoch, unless there was another change since `seen` was read.
   *
   * @throws RebuildStateError when there was another change
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
