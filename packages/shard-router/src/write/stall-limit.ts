/** Statements are never given less, nor more, before it is taken for certain that they wait for a lock. */
const LEAST_MS = 10;
const MOST_MS = 100;
/** How many times as long as usual. */
const FACTOR = 4;
/** How much of what is usual the newest transaction makes. */
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
