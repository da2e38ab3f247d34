import type { MoveThrottle } from './move-options.ts';

/** How often the probe writes. Milliseconds. */
const PROBE_MS = 500;
/** A probe is never thought slow below this. Milliseconds. */
const FLOOR_MS = 10;
/** Of the smoothed latency, how much the newest probe counts. */
const NEWEST = 0.4;
/** Rows that may be copied at once after a rest, as seconds of the rate. */
const BURST_S = 0.25;

/** Holds copying back to a rate of rows, and altogether while the shards write slowly. */
export class Pace {
  readonly #throttle: MoveThrottle | undefined;
  readonly #probe: () => Promise<unknown>;
  #budget = 0;
  #filledAt = performance.now();
  #normalMs: number | undefined;
  #latencyMs = 0;
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

  /** Learns what a write takes when nothing is copied, and goes on looking. */
  async start(): Promise<void> {
    if (this.#throttle === undefined) return;
    const tries: number[] = [];
    for (let i = 0; i < 5; i += 1) tries.push(await this.#timed());
    this.#normalMs = tries.toSorted((a, b) => a - b)[2]!;
    this.#latencyMs = this.#normalMs;
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
    const { rowsPerSecond } = this.#throttle;
    for (;;) {
      const now = performance.now();
      this.#budget = Math.min(
        rowsPerSecond * BURST_S,
        this.#budget + ((now - this.#filledAt) / 1_000) * rowsPerSecond,
      );
      this.#filledAt = now;
      if (this.#budget > 0 && !this.#slow) break;
      await new Promise((resolve) => setTimeout(resolve, this.#slow ? 50 : 10));
      signal.throwIfAborted();
    }
    this.#budget -= rows;
  }

  get #slow(): boolean {
    const { latencyRatio } = this.#throttle!;
    return this.#latencyMs > Math.max(FLOOR_MS, (this.#normalMs ?? 0) * latencyRatio);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#look(), PROBE_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    try {
      const ms = await this.#timed();
      this.#latencyMs = this.#latencyMs * (1 - NEWEST) + ms * NEWEST;
    } catch {
      // The work meets what is wrong by itself.
    }
    if (!this.#ended) this.#schedule();
  }

  async #timed(): Promise<number> {
    const begun = performance.now();
    await this.#probe();
    return performance.now() - begun;
  }
}
