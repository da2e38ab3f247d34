/** A share of views taken for new and found there from which on no more are taken for new, for a while. */
const TOO_MANY = 0.2;
/** So many views later it is tried again. */
const REST = 20_000;

/**
 * Decides whether views whose first event has just come are taken for new ones. In a replay they are not, and an insert
 * that finds its view there costs five times one that does not.
 */
export class NewOrKnown {
  #rest = 0;

  /** Whether the next `count` views are worth it. */
  takeForNew(count: number): boolean {
    if (this.#rest <= 0) return true;
    this.#rest -= count;
    return false;
  }

  /** Notes what came of views that were taken for new. */
  note(inserted: number, known: number): void {
    if (inserted >= 10 && known > TOO_MANY * inserted) this.#rest = REST;
  }
}
