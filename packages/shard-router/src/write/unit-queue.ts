import type { PendingUnit } from './pending-unit.ts';

/** How much one transaction may hold. */
export interface BatchLimits {
  readonly units: number;
  /** UTF-16 units. */
  readonly length: number;
}

/**
 * The units of one caller, first come first served. A unit can leave from any place, so a unit that is over leaves nothing
 * behind.
 */
class Line {
  #first: PendingUnit | undefined;
  #last: PendingUnit | undefined;

  get first(): PendingUnit | undefined {
    return this.#first;
  }

  push(unit: PendingUnit): void {
    unit.previous = this.#last;
    if (this.#last === undefined) this.#first = unit;
    else this.#last.next = unit;
    this.#last = unit;
  }

  remove(unit: PendingUnit): void {
    const { previous, next } = unit;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    unit.previous = undefined;
    unit.next = undefined;
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
    unit.queue = this;
    this.#size += 1;
    this.#length += unit.text.length;
  }

  /** Removes a unit that waits here. */
  remove(unit: PendingUnit): void {
    const line = this.#lines.get(unit.caller)!;
    line.remove(unit);
    if (line.first === undefined) this.#lines.delete(unit.caller);
    unit.queue = undefined;
    this.#size -= 1;
    this.#length -= unit.text.length;
  }

  /** Takes the next units, one of each caller in turn: as many as the limits allow, but at least one. */
  take({ units: most, length: longest }: BatchLimits): PendingUnit[] {
    const batch: PendingUnit[] = [];
    let length = 0;
    for (let found = true; found && batch.length < most;) {
      found = false;
      for (const line of this.#lines.values()) {
        if (batch.length >= most) break;
        const unit = line.first!;
        if (batch.length > 0 && length + unit.text.length > longest) continue;
        this.remove(unit);
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
    return this.take({ units: Infinity, length: Infinity });
  }

  /** Moves the first caller to the end, so that the next transaction begins with another caller. */
  #turn(): void {
    const [first] = this.#lines;
    if (first === undefined || this.#lines.size === 1) return;
    this.#lines.delete(first[0]);
    this.#lines.set(first[0], first[1]);
  }
}
