/** A thing that must be over by a time. */
export interface TimeLimit {
  /** On the clock of `performance.now()`. */
  readonly at: number;
  readonly expire: () => void;
}

/**
 * Time limits of the statements of a pool, watched by one timer. A timer each would cost a lone caller a call into the
 * event loop's own code to set it and another to clear it: 4 of the 60 µs that a statement takes, measured.
 */
export class TimeLimits {
  readonly #pending = new Set<TimeLimit>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Infinity;

  /** Calls `expire` after some milliseconds, unless what it gives is passed to {@link lift} before. */
  set(ms: number, expire: () => void): TimeLimit {
    const limit = { at: performance.now() + ms, expire };
    this.#pending.add(limit);
    if (limit.at < this.#wakesAt) this.#wake(limit.at, ms);
    return limit;
  }

  lift(limit: TimeLimit): void {
    this.#pending.delete(limit);
  }

  #wake(at: number, ms: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => this.#strike(), Math.ceil(ms));
    this.#timer.unref(); // What is waited for holds the process, not the watch over it.
  }

  #strike(): void {
    this.#wakesAt = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const limit of this.#pending) {
      if (limit.at > now) {
        next = Math.min(next, limit.at);
        continue;
      }
      this.#pending.delete(limit);
      limit.expire();
    }
    if (next < this.#wakesAt) this.#wake(next, next - now);
  }
}
