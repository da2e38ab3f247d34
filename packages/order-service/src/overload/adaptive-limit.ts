/** How a limit finds its height. Times in milliseconds. */
export interface AdaptiveLimitOptions {
  /** What nine of ten requests should be answered within. */
  readonly targetMs: number;
  /** The limit is never below, nor above. */
  readonly least: number;
  readonly most: number;
  /** Where it begins. */
  readonly initial: number;
}

/** A look at the answers is taken so often, if there were enough of them. */
const WINDOW_MS = 200;
const ENOUGH = 20;

/** Answers above the target of which a window's limit goes down. */
const TOLERATED = 0.1;

/** How much it goes down and up: as TCP does, so that several instances come to share what they have in common. */
const DOWN = 0.85;
const UP = 0.05;

/**
 * How many requests may be under way at once: more while they are answered in time and as many are wanted, fewer when they
 * are not. Latency tells of a queue wherever it is: in this process, in the pools, or in a shard.
 *
 * A gradient against the shortest latency that was seen (Netflix's Gradient2) was weighed: merged writes are slower the
 * better they are filled, and the gradient takes that for a queue.
 */
export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions;
  #limit: number;
  #windowFrom: number;
  #answers = 0;
  #late = 0;
  #peak = 0;

  constructor(options: AdaptiveLimitOptions, now: number) {
    this.#options = options;
    this.#limit = options.initial;
    this.#windowFrom = now;
  }

  get value(): number {
    return Math.floor(this.#limit);
  }

  /** Notes that so many are under way. */
  begun(underWay: number): void {
    if (underWay > this.#peak) this.#peak = underWay;
  }

  /** Notes that one was answered. */
  answered(ms: number, now: number): void {
    this.#answers += 1;
    if (ms > this.#options.targetMs) this.#late += 1;
    if (now - this.#windowFrom >= WINDOW_MS && this.#answers >= ENOUGH) this.#adjust(now);
  }

  #adjust(now: number): void {
    const { least, most } = this.#options;
    if (this.#late > this.#answers * TOLERATED) this.#limit = Math.max(least, this.#limit * DOWN);
    else if (this.#peak >= this.#limit * 0.8)
      this.#limit = Math.min(most, this.#limit + Math.max(1, this.#limit * UP));
    this.#windowFrom = now;
    this.#answers = 0;
    this.#late = 0;
    this.#peak = 0;
  }
}
