import type { PendingUnit } from './pending-unit.ts';
import { UnitQueue } from './unit-queue.ts';

/** What a unit waited for a lock of: rows, by their table and condition, or whatever there is of its number or key. */
export type Wanted = string | bigint;

/** How long after the last wait it is taken for possible that another session has what is wanted again. */
const SUSPECTED_MS = 2_000;

/** The units that want the same rows, which another session has held locked. */
export class SuspectGroup {
  readonly units = new UnitQueue();
  /** Whether some of them are tried. */
  underWay = false;
  waitedAt = 0;
}

/** Units that want rows which others hold, or held lately, each with those that want the same. */
export class Suspects {
  readonly #groups = new Map<Wanted, SuspectGroup>();
  #sweptAt = 0;

  /** Puts a unit that has waited with those that want the same. */
  add(unit: PendingUnit, wanted: Wanted, now: number): void {
    let group = this.#groups.get(wanted);
    if (group === undefined) {
      group = new SuspectGroup();
      this.#groups.set(wanted, group);
    }
    group.waitedAt = now;
    group.units.add(unit);
  }

  /** The group that a unit must join, if it wants what is held. */
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

  /** Whether a group could be tried that is not. */
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

/** What the lock must be of that a statement of a unit waits for. */
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

/** Nothing that {@link rowsOf} gives begins so. */
function keyOf(key: string): string {
  return ` ${key}`;
}
