import type { WriteTarget } from '../fence/write-target.ts';

/** A place among the units of the same number, and among those of the same key. */
export class Turn {
  /** How many places before it are not over. */
  before = 0;
  /** Those right behind it; undefined for none. */
  behind: Turn[] | undefined;
  /** Called when none is before it any more; undefined until somebody waits for that. */
  come: (() => void) | undefined;
}

/**
 * Units of one number, or of one key, are written one after the other, in the order in which they came, however each of them
 * is written: merged or not, tried again, or led to another shard. Units of others know nothing of it.
 */
export class Turns {
  /** The last place of each number and key. */
  readonly #last = new Map<bigint | string, Turn>();
  #waiting = 0;

  /** How many places are taken that others stand before. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes the place behind all that were taken for the same number or key. It must be ended by {@link end}. */
  take({ number, key }: WriteTarget): Turn {
    const turn = new Turn();
    if (number !== undefined) this.#stand(turn, number);
    if (key !== undefined) this.#stand(turn, key);
    if (turn.before > 0) this.#waiting += 1;
    return turn;
  }

  /** Ends a place, also one whose turn has not come: those behind it go on when all before it are over. */
  end(turn: Turn, { number, key }: WriteTarget): void {
    if (turn.before > 0) {
      turn.come = () => this.#pass(turn, number, key);
      return;
    }
    this.#pass(turn, number, key);
  }

  #stand(turn: Turn, what: bigint | string): void {
    const last = this.#last.get(what);
    this.#last.set(what, turn);
    if (last === undefined) return;
    (last.behind ??= []).push(turn);
    turn.before += 1;
  }

  #pass(turn: Turn, number: bigint | undefined, key: string | undefined): void {
    if (number !== undefined && this.#last.get(number) === turn) this.#last.delete(number);
    if (key !== undefined && this.#last.get(key) === turn) this.#last.delete(key);
    for (const next of turn.behind ?? []) {
      next.before -= 1;
      if (next.before > 0) continue;
      this.#waiting -= 1;
      next.come?.();
    }
  }
}
