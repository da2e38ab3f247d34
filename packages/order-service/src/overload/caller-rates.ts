/** How much a caller that was idle for a while may ask at once, as time of its rate. Milliseconds. */
const BURST_MS = 1_000;

/** From this number of callers on, those whose rate no longer holds them up are forgotten. */
const FORGET_FROM = 10_000;

export interface CallerRatesOptions {
  /** Points of each caller in a second. */
  readonly perSecond: number;
  /** On any clock that does not go back, milliseconds. */
  readonly now?: () => number;
}

/**
 * Limits how much each caller may ask, in points a second; each request costs some. A request that costs more points than are
 * left is let in while any are left, and its caller waits longer afterwards: otherwise nobody could ever send a request that
 * costs more than a second's points. This is the generic cell rate algorithm (ITU-T I.371) with one time for each caller.
 */
export class CallerRates {
  readonly perSecond: number;
  readonly #pointMs: number;
  readonly #now: () => number;
  /** Until when each caller has used up its rate. */
  readonly #usedUntil = new Map<string, number>();
  #forgetFrom = FORGET_FROM;

  constructor({ perSecond, now = () => performance.now() }: CallerRatesOptions) {
    this.perSecond = perSecond;
    this.#pointMs = 1_000 / perSecond;
    this.#now = now;
  }

  /** Spends a point of a caller. If it has none left, returns after how many milliseconds it may ask again. */
  spend(caller: string): number | undefined {
    return this.#spend(caller, 1, 1);
  }

  /**
   * Spends what a request costs beyond the point that let it in. Returns as {@link spend} does when other requests of the
   * caller have used up the rate since. The request's own first point alone never keeps the rest out.
   */
  spendMore(caller: string, points: number): number | undefined {
    return this.#spend(caller, points, 0);
  }

  #spend(caller: string, points: number, wanted: number): number | undefined {
    const now = this.#now();
    const usedUntil = Math.max(now, this.#usedUntil.get(caller) ?? now);
    const early = usedUntil + wanted * this.#pointMs - BURST_MS - now;
    // Sums of fractions of a millisecond are a little off.
    if (early > 1e-6) return early;
    this.#usedUntil.set(caller, usedUntil + points * this.#pointMs);
    if (this.#usedUntil.size >= this.#forgetFrom) this.#forget(now);
    return undefined;
  }

  #forget(now: number): void {
    for (const [caller, until] of this.#usedUntil) if (until <= now) this.#usedUntil.delete(caller);
    this.#forgetFrom = Math.max(FORGET_FROM, 2 * this.#usedUntil.size);
  }
}
