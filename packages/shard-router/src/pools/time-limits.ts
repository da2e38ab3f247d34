import { TopologyError } from '../errors.ts';

/** The longest time that Node's timers take, milliseconds: they make 1 of anything longer. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Checks a time that a user has given as a setting. Throws {@link TopologyError} naming it. */
export function checkMs(setting: string, ms: number, least = 1): number {
  if (ms >= least && ms <= MAX_TIMER_MS) return ms;
  throw new TopologyError(
    `${setting} is ${String(ms)}: it must be a number of milliseconds from ${least} to ${MAX_TIMER_MS}`,
    { setting },
  );
}

/** `setTimeout`, for any number of milliseconds: one that is longer than a timer can wait, or none, strikes never. */
export function setTimer(fn: () => void, ms: number): NodeJS.Timeout | undefined {
  return ms <= MAX_TIMER_MS ? setTimeout(fn, Math.ceil(Math.max(0, ms))) : undefined;
}

/** A thing that must be over by a time. */
export interface TimeLimit {
  /** On the clock of `performance.now()`. */
  readonly at: number;
  expire: () => void;
}

/**
 * Time limits of the statements of a pool, watched by one timer. A timer each would cost a lone caller a call into the
 * event loop's own code to set it and another to clear it: 4 of the 60 µs that a statement takes, measured.
 */
export class TimeLimits {
  readonly #pending = new Set<TimeLimit>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Infinity;

  /** Calls `expire` after some milliseconds, unless the returned limit is passed to {@link lift} before. */
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
    // One that is too long for a timer is looked at now and then.
    this.#timer = setTimeout(() => this.#strike(), Math.min(MAX_TIMER_MS, Math.ceil(ms)));
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
