/** Tracks which offsets of a partition are handled, since they finish in any order. */
export class Offsets {
  /** The offsets that were begun and are not handled, in their order. */
  readonly #open = new Set<bigint>();
  #next = -1n;

  /** Notes that work on an offset begins. Returns false for an offset that was begun before. */
  begin(offset: bigint): boolean {
    if (offset < this.#next) return false;
    this.#open.add(offset);
    this.#next = offset + 1n;
    return true;
  }

  done(offset: bigint): void {
    this.#open.delete(offset);
  }

  /** The offset below which all are handled; undefined when none was begun. */
  get committable(): bigint | undefined {
    if (this.#next < 0n) return undefined;
    // A set keeps the order of insertion, and offsets come in ascending order.
    for (const oldest of this.#open) return oldest;
    return this.#next;
  }
}
