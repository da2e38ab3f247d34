import type { InflowLimit } from './inflow-change.ts';

/** How many orders of a limited rate may come at once: those of a tenth of a second, and one at least. */
const BURST_S = 0.1;

/** Decides which orders a limit lets in. */
export class Admission {
  readonly #limit: InflowLimit;
  /** With a share: the part of the next order that is let in already. With a rate: the orders that may come now. */
  #credit: number;
  #at: number;

  /** @param now milliseconds on any clock that does not go back */
  constructor(limit: InflowLimit, now: number) {
    this.#limit = limit;
    // Starts in the middle, so that a share of a half lets in every second order, beginning with the first.
    this.#credit = 'share' in limit ? 0.5 : Math.min(1, limit.perSecond);
    this.#at = now;
  }

  admit(now: number): boolean {
    const limit = this.#limit;
    if ('share' in limit) this.#credit += limit.share;
    else {
      const most = Math.max(1, limit.perSecond * BURST_S);
      this.#credit = Math.min(most, this.#credit + ((now - this.#at) / 1_000) * limit.perSecond);
      this.#at = now;
    }
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }

  /** After how many seconds asking again makes sense. */
  get retryAfterS(): number {
    const limit = this.#limit;
    return 'share' in limit || limit.perSecond < 1 ? 10 : 2;
  }
}
