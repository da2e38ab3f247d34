/** Up to this part of the room, any caller may take more. The rest is for callers that hold less than their share. */
const OPEN = 0.85;

/** Counts how much of a shared room each caller holds. */
export class Shares {
  readonly #held = new Map<string, number>();
  #total = 0;

  /** How much is held. */
  get total(): number {
    return this.#total;
  }

  /** How much a caller holds. */
  heldBy(caller: string): number {
    return this.#held.get(caller) ?? 0;
  }

  /**
   * Whether a caller may take one more. When room gets tight, only a caller may that holds less than the share that each
   * caller would have if one more came, so that the next caller finds some. An undefined caller may while there is any room.
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
