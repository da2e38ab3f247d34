import type { OutboxRow } from '../sql/outbox-row.ts';

/** About how much payload is read at once. Two reads may be in memory. */
const TARGET_BYTES = 2_000_000;

/** Rows of a read at the least, and at the most. */
const ROWS = { least: 1, most: 2_000 } as const;

/** How many rows are read at once: as many as fit a bounded number of bytes, judged by the rows seen so far. */
export class ReadSize {
  #bytesPerRow = 10_000;

  get rows(): number {
    return Math.max(ROWS.least, Math.min(ROWS.most, Math.floor(TARGET_BYTES / this.#bytesPerRow)));
  }

  /** Takes in the rows of a read: larger rows count at once, smaller ones bit by bit. */
  seen(rows: readonly OutboxRow[]): void {
    if (rows.length === 0) return;
    const mean = rows.reduce((sum, { payload }) => sum + payload.length, 0) / rows.length;
    this.#bytesPerRow = Math.max(mean, (this.#bytesPerRow + mean) / 2);
  }
}
