import type { Seeded } from './seeded.ts';

/** What became of the faults of one kind. */
export interface Tally {
  faults: number;
  landed: number;
  /** What proved the last one. */
  evidence: string;
}

/** What became of the faults of each kind, by its name. */
export class Tallies {
  readonly #byKind = new Map<string, Tally>();

  /** @param evidence what proves that a fault happened; undefined when nothing does */
  add(kind: string, evidence: string | undefined): void {
    const tally = this.#byKind.get(kind) ?? { faults: 0, landed: 0, evidence: '' };
    this.#byKind.set(kind, tally);
    tally.faults += 1;
    if (evidence === undefined) return;
    tally.landed += 1;
    tally.evidence = evidence;
  }

  entries(): readonly (readonly [string, Tally])[] {
    return [...this.#byKind];
  }

  get faults(): number {
    return this.entries().reduce((sum, [, { faults }]) => sum + faults, 0);
  }

  get landed(): number {
    return this.entries().reduce((sum, [, { landed }]) => sum + landed, 0);
  }
}

/** Returns the kinds whose name contains one of the texts of `only`. @throws RangeError when no kind does */
export function chosen<Kind extends { readonly name: string }>(
  kinds: readonly Kind[],
  only: readonly string[] | undefined,
): readonly Kind[] {
  const left = kinds.filter(({ name }) => only === undefined || only.some((part) => name.includes(part)));
  if (left.length > 0) return left;
  throw new RangeError(`no such kinds; there are ${kinds.map(({ name }) => name).join(', ')}`);
}

/** A shuffled series in which each kind comes equally often, or once more. */
export function seriesOf<Kind>(kinds: readonly Kind[], count: number, random: Seeded): Kind[] {
  const series: Kind[] = [];
  while (series.length < count) series.push(...random.shuffled(kinds));
  return series.slice(0, count);
}
