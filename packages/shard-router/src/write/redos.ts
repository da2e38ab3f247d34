import type { PendingUnit } from './pending-unit.ts';

const FIRST_MS = 20;
const LONGEST_MS = 500;

/** Units whose outcome is not known. They are written again after a delay, which grows each time and has jitter. */
export class Redos {
  readonly #timers = new Map<PendingUnit, NodeJS.Timeout>();
  readonly #again: (unit: PendingUnit) => void;

  constructor(again: (unit: PendingUnit) => void) {
    this.#again = again;
  }

  add(unit: PendingUnit): void {
    const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** unit.tries) * (0.5 + Math.random() / 2);
    unit.tries += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(unit);
      if (!unit.settled) this.#again(unit);
    }, ms);
    this.#timers.set(unit, timer);
  }

  remove(unit: PendingUnit): void {
    clearTimeout(this.#timers.get(unit));
    this.#timers.delete(unit);
  }

  /** Takes everything. */
  drain(): PendingUnit[] {
    const units = [...this.#timers.keys()];
    for (const unit of units) this.remove(unit);
    return units;
  }
}
