import type { MoveThrottle } from './move-options.ts';

/** How often the probe writes. Milliseconds. */
const PROBE_MS = 200;
/** A probe that takes no longer than this never counts as slow. Milliseconds. */
const FLOOR_MS = 4;
/** Shares of the highest rate: the share at the start, what each quick probe adds, and the least share. */
const SHARE = { first: 1 / 4, step: 1 / 32, least: 1 / 8 };
/** Rows that may be copied at once after a rest, as seconds of the rate. */
const BURST_S = 0.05;

/**
 * Limits copying to a rate of rows. Raises the rate bit by bit while the shards write as fast as before, and halves it each
 * time that they do not.
 */
export class Pace {
  readonly #throttle: MoveThrottle | undefined;
  readonly #probe: () => Promise<unknown>;
  #budget = 0;
  #filledAt = performance.now();
  #normalMs: number | undefined;
  #share = SHARE.first;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  /**
   * @param throttle undefined: as fast as it goes
   * @param probe makes a small durable write on the shards that take part
   */
  constructor(throttle: MoveThrottle | undefined, probe: () => Promise<unknown>) {
    this.#throttle = throttle;
    this.#probe = probe;
  }

  /** Measures how long a write takes while nothing is copied, then probes again and again by a timer. */
  async start(): Promise<void> {
    if (this.#throttle === undefined) return;
    const tries: number[] = [];
    for (let i = 0; i < 5; i += 1) tries.push(await this.#timed());
    this.#normalMs = tries.toSorted((a, b) => a - b)[2]!;
    this.#schedule();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Waits until so many rows may be copied. Throws the signal's reason when it aborts. */
  async take(rows: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#throttle === undefined) return;
    for (;;) {
      const rowsPerSecond = this.#throttle.rowsPerSecond * this.#share;
      const now = performance.now();
      this.#budget = Math.min(
        rowsPerSecond * BURST_S,
        this.#budget + ((now - this.#filledAt) / 1_000) * rowsPerSecond,
      );
      this.#filledAt = now;
      if (this.#budget > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
      signal.throwIfAborted();
    }
    this.#budget -= rows;
  }

  /** Raises or halves the rate by the time that a probe took. */
  #adjust(ms: number): void {
    const slow = Math.max(FLOOR_MS, (this.#normalMs ?? 0) * this.#throttle!.latencyRatio);
    this.#share = ms > slow ? Math.max(SHARE.least, this.#share / 2) : Math.min(1, this.#share + SHARE.step);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#look(), PROBE_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    try {
      this.#adjust(await this.#timed());
    } catch {
      // Ignored: the work itself meets the same failure.
    }
    if (!this.#ended) this.#schedule();
  }

  async #timed(): Promise<number> {
    const begun = performance.now();
    await this.#probe();
    return performance.now() - begun;
  }
}
