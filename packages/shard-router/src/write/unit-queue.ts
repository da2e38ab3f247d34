import type { PendingUnit } from './pending-unit.ts';

/** How much one transaction may hold. */
export interface BatchLimits {
  readonly units: number;
  /** UTF-16 units. */
  readonly length: number;
}

/** The units of one caller, first come first. */
class Line {
  readonly #units: PendingUnit[] = [];
  #head = 0;

  push(unit: PendingUnit): void {
    this.#units.push(unit);
  }

  /** The first unit that still waits for an outcome. */
  peek(): PendingUnit | undefined {
    while (this.#units[this.#head]?.settled === true) this.drop();
    return this.#units[this.#head];
  }

  drop(): void {
    this.#head += 1;
    if (this.#head < 512 || this.#head * 2 < this.#units.length) return;
    this.#units.splice(0, this.#head);
    this.#head = 0;
  }
}

/** Units that wait for a shard: first come first within a caller, and callers in turn. */
export class UnitQueue {
  readonly #lines = new Map<unknown, Line>();
  #size = 0;
  #length = 0;

  /** How many units wait, and how long their texts are, in UTF-16 units. */
  get size(): number {
    return this.#size;
  }

  get length(): number {
    return this.#length;
  }

  add(unit: PendingUnit): void {
    let line = this.#lines.get(unit.caller);
    if (line === undefined) {
      line = new Line();
      this.#lines.set(unit.caller, line);
    }
    line.push(unit);
    unit.queued = true;
    this.#size += 1;
    this.#length += unit.text.length;
  }

  /** No longer counts a unit, which was taken or settled. */
  forget(unit: PendingUnit): void {
    if (!unit.queued) return;
    unit.queued = false;
    this.#size -= 1;
    this.#length -= unit.text.length;
  }

  /**
   * Takes the next units: one of each caller in turn. No two of them have the same number or the same key, and none has
   * one of `busy`, to which theirs are added: units of one number are not independent, and go one after the other in the
   * order in which they came. Where one waits, its caller's later ones wait behind it.
   */
  take({ units: most, length: longest }: BatchLimits, busy: Set<bigint | string>): PendingUnit[] {
    const batch: PendingUnit[] = [];
    let length = 0;
    const blocked = new Set<unknown>();
    for (let found = true; found && batch.length < most;) {
      found = false;
      for (const [caller, line] of this.#lines) {
        if (batch.length >= most) break;
        if (blocked.has(caller)) continue;
        const unit = line.peek();
        if (unit === undefined) {
          this.#lines.delete(caller);
          continue;
        }
        const { number, key } = unit.target;
        const meets = (number !== undefined && busy.has(number)) || (key !== undefined && busy.has(key));
        if (meets) unit.stoodBehind = true;
        if (meets || (batch.length > 0 && length + unit.text.length > longest)) {
          blocked.add(caller);
          continue;
        }
        if (number !== undefined) busy.add(number);
        if (key !== undefined) busy.add(key);
        line.drop();
        this.forget(unit);
        length += unit.text.length;
        batch.push(unit);
        found = true;
      }
    }
    this.#turn();
    return batch;
  }

  /** Takes everything. */
  drain(): PendingUnit[] {
    const units: PendingUnit[] = [];
    for (const line of this.#lines.values()) {
      for (let unit = line.peek(); unit !== undefined; unit = line.peek()) {
        line.drop();
        this.forget(unit);
        units.push(unit);
      }
    }
    this.#lines.clear();
    return units;
  }

  /** Puts the first caller last, so that the next transaction begins with another. */
  #turn(): void {
    const [first] = this.#lines;
    if (first === undefined || this.#lines.size === 1) return;
    this.#lines.delete(first[0]);
    this.#lines.set(first[0], first[1]);
  }
}
