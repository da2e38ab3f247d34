/** Which offsets of a partition are dealt with, when that is not in their order. */
export class Offsets {
  /** Those that were begun and are not dealt with, in their order. */
  readonly #open = new Set<bigint>();
  #next = -1n;

  /** Notes that work on an offset begins. False for one that was begun before. */
  begin(offset: bigint): boolean {
    if (offset < this.#next) return false;
    this.#open.add(offset);
    this.#next = offset + 1n;
    return true;
  }

  done(offset: bigint): void {
    this.#open.delete(offset);
  }

  /** The offset below which all are dealt with; undefined when none was begun. */
  get committable(): bigint | undefined {
    if (this.#next < 0n) return undefined;
    // A set keeps its order, and offsets come in theirs.
    for (const oldest of this.#open) return oldest;
    return this.#next;
  }
}
