import { lowestNumberAt } from '@ordershard/shard-router';
import type { Collection, Db } from 'mongodb';
import type { Difference } from './judge.ts';
import { DURABLE } from '../views/write-concern.ts';

/** What a pass has counted. */
export type PassCounts = {
  /** Orders compared, and views of no order. */
  checked: number;
  /** Views that have outlived their orders, as they should. */
  expired: number;
  repaired: number;
  /** Differences for which it is unknown whether their events are still on the way. */
  unsettled: number;
} & Record<Difference, number>;

/** How far a pass has come. */
export interface PassProgress {
  /** `verify` or `repair`, and the collection. */
  readonly id: string;
  /** The last number that was compared. */
  readonly after: bigint;
  /** The last number of the pass: orders that are placed later belong to the next one. */
  readonly upTo: bigint;
  readonly counts: Readonly<PassCounts>;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finished: boolean;
}

/** The collection in which passes keep their progress. */
export const PROGRESS = 'read_model_progress';

type Stored = Omit<PassProgress, 'id'> & { readonly _id: string };

export const NO_COUNTS: Readonly<PassCounts> = {
  checked: 0,
  changed: 0,
  missing: 0,
  extra: 0,
  stale: 0,
  expired: 0,
  repaired: 0,
  unsettled: 0,
};

/** How far ahead of a clock a number may be drawn. Milliseconds. */
export const CLOCKS_APART_MS = 10_000;

/** A pass that has just begun. */
export function newPass(id: string, now = new Date()): PassProgress {
  const upTo = lowestNumberAt(now.getTime() + CLOCKS_APART_MS);
  return { id, after: -1n, upTo, counts: NO_COUNTS, startedAt: now, updatedAt: now, finished: false };
}

/** Keeps progress in MongoDB, so that the next pass can go on from it. Throws the driver's errors. */
export class ProgressStore {
  readonly #stored: Collection<Stored>;

  constructor(db: Db) {
    this.#stored = db.collection<Stored>(PROGRESS, { writeConcern: DURABLE });
  }

  /** Returns the pass that was not finished under this id, or a new one. */
  async resume(id: string): Promise<PassProgress> {
    const found = await this.#stored.findOne({ _id: id });
    if (found === null || found.finished) return newPass(id);
    const { _id, ...rest } = found;
    return { id, ...rest };
  }

  async save({ id, ...progress }: PassProgress): Promise<void> {
    await this.#stored.replaceOne({ _id: id }, progress, { upsert: true });
  }
}
