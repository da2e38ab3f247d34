import type { WriteTarget } from '../fence/write-target.ts';

/** A place among the units of the same number, and among those of the same key. */
export class Turn {
  /** How many places before it are not over. */
  before = 0;
  /** The turns right behind this one; undefined for none. */
  behind: Turn[] | undefined;
  /** Called when no turn is before this one any more; undefined until somebody waits for that. */
  come: (() => void) | undefined;
}

/**
 * Units of one number, or of one key, are written one after the other, in the order in which they came. This holds however
 * each is written: merged or not, tried again, or sent on to another shard. Units of other numbers and keys are not affected.
 */
export class Turns {
  /** The last place of each number and key. */
  readonly #last = new Map<bigint | string, Turn>();
  #waiting = 0;

  /** How many turns have other turns before them. */
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

  /** Ends a turn, even one that has not come yet: the turns behind it go on when all turns before it are over. */
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
