/** How a limit finds its value. Times in milliseconds. */
export interface AdaptiveLimitOptions {
  /** Nine of ten requests should be answered within this time. */
  readonly targetMs: number;
  /** The limit never goes below `least` or above `most`. */
  readonly least: number;
  readonly most: number;
  /** The first value of the limit. */
  readonly initial: number;
}

/** The limit is adjusted after this time, milliseconds, if there were enough answers. */
const WINDOW_MS = 200;
const ENOUGH = 20;

/** The share of late answers in a window above which the limit goes down. */
const TOLERATED = 0.1;

/**
 * By which factor it goes down, and by which part up: as in TCP, so that several instances come to share common resources.
 */
const DOWN = 0.85;
const UP = 0.05;

/**
 * Limits how many requests may be under way at once. The limit rises while answers are in time and most of it is used, and
 * falls when answers are late. Latency shows a queue wherever it is: in this process, in the pools, or in a shard.
 *
 * A gradient against the shortest latency seen (Netflix's Gradient2) was considered and rejected: merged writes are slower
 * the better they are filled, and the gradient takes that for a queue.
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

  /** Notes how many requests are under way. */
  begun(underWay: number): void {
    if (underWay > this.#peak) this.#peak = underWay;
  }

  /** Notes that a request was answered after `ms` milliseconds. */
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
