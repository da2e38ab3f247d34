/** Up to which part of the room anybody may take more; the rest is for those who hold less than their share. */
const OPEN = 0.85;

/** Who holds how much of a room that callers share. */
export class Shares {
  readonly #held = new Map<string, number>();
  #total = 0;

  /** How much is held. */
  get total(): number {
    return this.#total;
  }

  /** How much is held by those that are told apart. */
  heldBy(caller: string): number {
    return this.#held.get(caller) ?? 0;
  }

  /**
   * Whether there is room for one more of a caller. When it gets tight, it is for those who hold less than the share that
   * each would have if one more came, so that whoever comes next finds some; undefined is anybody.
   */
  allows(caller: string | undefined, room: number): boolean {
    if (this.#total >= room) return false;
    if (caller === undefined || this.#total < room * OPEN) return true;
    const held = this.heldBy(caller);
    const callers = this.#held.size + (held === 0 ? 1 : 0);
    return held < room / (callers + 1);
  }

  take(caller: string | undefined): void {
    this.#total += 1;
    if (caller !== undefined) this.#held.set(caller, this.heldBy(caller) + 1);
  }

  giveBack(caller: string | undefined): void {
    this.#total -= 1;
    if (caller === undefined) return;
    const held = this.heldBy(caller) - 1;
    if (held === 0) this.#held.delete(caller);
    else this.#held.set(caller, held);
  }
}
