/**
 * When more than this share of the views taken for new is found to be there already, no more are taken for new, for a while.
 */
const TOO_MANY = 0.2;
/** After this many views, they are taken for new again. */
const REST = 20_000;

/**
 * Decides whether views are taken for new when their first event has just come. In a replay they are not new, and an insert
 * that finds its view there costs five times as much as one that does not.
 */
export class NewOrKnown {
  #rest = 0;

  /** Whether to take the next `count` views for new. */
  takeForNew(count: number): boolean {
    if (this.#rest <= 0) return true;
    this.#rest -= count;
    return false;
  }

  /** Notes how many views were inserted as new, and how many of them were there already. */
  note(inserted: number, known: number): void {
    if (inserted >= 10 && known > TOO_MANY * inserted) this.#rest = REST;
  }
}
