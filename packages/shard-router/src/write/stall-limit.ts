/** The least and the most time that a statement gets before it is taken to be waiting for a lock, milliseconds. */
const LEAST_MS = 10;
const MOST_MS = 100;
/** How many times the usual duration a statement gets. */
const FACTOR = 4;
/** The share of the newest transaction in the usual duration. */
const WEIGHT = 0.1;

/** How long a statement of a merged transaction takes on this shard, and from when on it must be waiting for something. */
export class StallLimit {
  #usualMs = LEAST_MS / FACTOR;

  /** Learns the longest time that a statement of a transaction took. */
  learn(ms: number): void {
    this.#usualMs += (ms - this.#usualMs) * WEIGHT;
  }

  /** Milliseconds. */
  get ms(): number {
    return Math.min(MOST_MS, Math.max(LEAST_MS, this.#usualMs * FACTOR));
  }
}
