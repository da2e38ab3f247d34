import type { PendingUnit } from './pending-unit.ts';
import { UnitQueue } from './unit-queue.ts';

/** What a unit waited to lock: rows, by their table and condition, or else anything of its number or key. */
export type Wanted = string | bigint;

/** How long after the last wait another session is still suspected of holding the wanted rows, milliseconds. */
const SUSPECTED_MS = 2_000;

/** The units that want the same rows, which another session held locked. */
export class SuspectGroup {
  readonly units = new UnitQueue();
  /** Whether some of them are being tried. */
  underWay = false;
  waitedAt = 0;
}

/** Units that want rows which another session holds or held lately, grouped by the rows that they want. */
export class Suspects {
  readonly #groups = new Map<Wanted, SuspectGroup>();
  #sweptAt = 0;

  /** Adds a unit that has waited to the group of units that want the same rows. */
  add(unit: PendingUnit, wanted: Wanted, now: number): void {
    let group = this.#groups.get(wanted);
    if (group === undefined) {
      group = new SuspectGroup();
      this.#groups.set(wanted, group);
    }
    group.waitedAt = now;
    group.units.add(unit);
  }

  /** Returns the group that a unit must join if it wants rows that are held. */
  find(unit: PendingUnit, now: number): SuspectGroup | undefined {
    if (this.#groups.size === 0) return undefined;
    this.#sweep(now);
    for (const wanted of wantedBy(unit)) {
      const group = this.#groups.get(wanted);
      if (group !== undefined) return group;
    }
    return undefined;
  }

  /** The next group to try: the one that was not tried for the longest time. */
  next(): SuspectGroup | undefined {
    for (const [wanted, group] of this.#groups) {
      if (group.underWay || group.units.size === 0) continue;
      this.#groups.delete(wanted);
      this.#groups.set(wanted, group);
      return group;
    }
    return undefined;
  }

  /** Whether some group has units but is not being tried. */
  waitsForTurn(): boolean {
    for (const { underWay, units } of this.#groups.values()) if (!underWay && units.size > 0) return true;
    return false;
  }

  drain(): PendingUnit[] {
    return [...this.#groups.values()].flatMap(({ units }) => units.drain());
  }

  /** How many units wait. */
  get size(): number {
    let size = 0;
    for (const { units } of this.#groups.values()) size += units.size;
    return size;
  }

  #sweep(now: number): void {
    if (now < this.#sweptAt + SUSPECTED_MS / 4) return;
    this.#sweptAt = now;
    for (const [wanted, { units, underWay, waitedAt }] of this.#groups)
      if (!underWay && units.size === 0 && now > waitedAt + SUSPECTED_MS) this.#groups.delete(wanted);
  }
}

/** Returns what a unit must be waiting to lock, given the step whose statement waits. */
export function wantedAt({ target, text }: PendingUnit, step: number): Wanted {
  const found = text.steps[step];
  return (found?.kind === 'text' ? rowsOf(found) : undefined) ?? target.number ?? keyOf(target.key!);
}

function* wantedBy({ target, text }: PendingUnit): Generator<Wanted> {
  if (target.number !== undefined) yield target.number;
  if (target.key !== undefined) yield keyOf(target.key);
  for (const step of text.steps) {
    const rows = step.kind === 'text' ? rowsOf(step) : undefined;
    if (rows !== undefined) yield rows;
  }
}

function rowsOf({ text, rows }: { text: string; rows?: { table: string; from: number } | undefined }) {
  return rows === undefined ? undefined : `${rows.table} ${text.slice(rows.from)}`;
}

/** Returns a name for a key. It begins with a blank, unlike every result of {@link rowsOf}. */
function keyOf(key: string): string {
  return ` ${key}`;
}
