/** One call of a load. Times on the clock of `performance.now()`. */
export interface Call {
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it failed with; undefined when it was acknowledged. */
  readonly error: unknown;
}

const TICK_MS = 2;

/**
 * Callers who come at a fixed rate, whether earlier callers have been answered or not. So a server that stands still frees no
 * caller to ask other servers, and no caller holds back because of it.
 */
export class PacedLoad {
  readonly calls: Call[] = [];
  readonly #perSecond: number;
  readonly #call: () => Promise<unknown>;
  /** The calls that wait for their answer, oldest first, with when they were made. */
  readonly #underWay = new Map<Promise<void>, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #made = 0;

  /** Begins at once. */
  constructor(perSecond: number, call: () => Promise<unknown>) {
    this.#perSecond = perSecond;
    this.#call = call;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Calls that wait for their answer. */
  get waiting(): number {
    return this.#underWay.size;
  }

  /** When the call that waits longest for its answer was made; undefined when none waits. */
  get oldestWaiting(): number | undefined {
    return this.#underWay.values().next().value;
  }

  /** Makes no more calls, and waits for the answers to all that were made. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay.keys());
  }

  #tick(): void {
    const due = Math.floor(((performance.now() - this.#startedAt) / 1_000) * this.#perSecond);
    for (; this.#made < due; this.#made += 1) {
      const call = this.#one().finally(() => this.#underWay.delete(call));
      this.#underWay.set(call, performance.now());
    }
  }

  async #one(): Promise<void> {
    const startedAt = performance.now();
    let error: unknown;
    try {
      await this.#call();
    } catch (caught) {
      error = caught;
    }
    this.calls.push({ startedAt, endedAt: performance.now(), error });
  }
}
