import { performance } from 'node:perf_hooks';
import { LeaseLostError } from '../../errors.ts';
import type { AsideRows } from '../aside-rows.ts';
import { coalesce, encodeRanges, type IdRange } from './id-range.ts';

/**
 * So many gaps are stored at the most: of more, those that lie closest together are stored as one. What is between them is
 * published again by whoever takes the table over.
 */
const MAX_STORED_GAPS = 2_000;

/** How far what is stored of the progress may lag behind: that much is published again after a crash. */
const SAVE_MS = 200;

/** How far a table is published: all up to an id, but for the gaps and what is set aside. */
export interface Progress {
  readonly settledId: bigint;
  readonly gaps: readonly IdRange[];
}

/** What progress is stored by. */
export interface StoreParts {
  /** Stores the progress, gaps as JSON text. False when another holds the lease by now. */
  save(settledId: bigint, gaps: string): Promise<boolean>;
  readonly lease: { lose(): void };
}

/** Stores the progress of a table while it is relayed: a commit may take the shard a while. One at a time. */
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

  /** Takes in how far the table is published now, and stores it if that was not done for long. */
  reach(progress: Progress): void {
    this.#done = progress;
    if (performance.now() - this.#savedAt >= SAVE_MS) this.saveAside();
  }

  /** Begins to store what is not stored yet. */
  saveAside(): void {
    this.#saving ??= this.#save()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#saving = undefined;
      });
  }

  /** Throws what kept the progress from being stored. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Stores all.
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
