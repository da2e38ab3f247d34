import { performance } from 'node:perf_hooks';
import { LeaseLostError } from '../../errors.ts';
import type { AsideRows } from '../aside-rows.ts';
import { coalesce, encodeRanges, type IdRange } from './id-range.ts';

/**
 * The most gaps that are stored. Of more gaps, those that lie closest together are stored as one; the relay that takes the
 * table over publishes the rows between them again.
 */
const MAX_STORED_GAPS = 2_000;

/** How long the stored progress may lag behind, in milliseconds: after a crash, that much is published again. */
const SAVE_MS = 200;

/** How far a table is published: all rows up to an id, except those in gaps and those that are set aside. */
export interface Progress {
  readonly settledId: bigint;
  readonly gaps: readonly IdRange[];
}

/** The dependencies for storing progress. */
export interface StoreParts {
  /** Stores the progress, with the gaps as JSON text. Resolves to false when another relay holds the lease by now. */
  save(settledId: bigint, gaps: string): Promise<boolean>;
  readonly lease: { lose(): void };
}

/**
 * Stores the progress of a table while the relay goes on, because a commit may take the shard a while. One save at a time.
 */
export class ProgressStore {
  readonly #parts: StoreParts;
  readonly #aside: AsideRows;
  #done: Progress;
  #saved: Progress;
  #savedAside = 0;
  #savedAt = performance.now();
  #saving: Promise<void> | undefined;
  #failure: unknown;

  constructor(parts: StoreParts, begun: Progress, aside: AsideRows) {
    this.#parts = parts;
    this.#aside = aside;
    this.#saved = this.#done = begun;
  }

  get done(): Progress {
    return this.#done;
  }

  /** Notes how far the table is published now, and begins to store it when the last save is long enough ago. */
  reach(progress: Progress): void {
    this.#done = progress;
    if (performance.now() - this.#savedAt >= SAVE_MS) this.saveAside();
  }

  /** Begins to store the progress that is not stored yet. */
  saveAside(): void {
    this.#saving ??= this.#save()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#saving = undefined;
      });
  }

  /** Throws the error of a save that failed in the background. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Waits for a save in progress, then stores the rest.
   *
   * @throws LeaseLostError
   */
  async end(): Promise<void> {
    await this.#saving;
    this.check();
    await this.#save();
  }

  async #save(): Promise<void> {
    const done = this.#done;
    const { version } = this.#aside;
    const { settledId, gaps } = done;
    this.#savedAt = performance.now();
    const same = settledId === this.#saved.settledId && gaps === this.#saved.gaps;
    if (same && version === this.#savedAside) return;
    const open = coalesce(this.#aside.withUnpublished(gaps, settledId), MAX_STORED_GAPS);
    if (!(await this.#parts.save(settledId, encodeRanges(open)))) {
      this.#parts.lease.lose();
      throw new LeaseLostError('another relay has taken the table over');
    }
    this.#saved = done;
    this.#savedAside = version;
  }
}
