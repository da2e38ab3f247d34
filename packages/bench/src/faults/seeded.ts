import { mulberry32 } from '../measure/statistics.ts';

/** Chance that can be repeated: the same seed makes the same series. */
export class Seeded {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  /** A whole number in [from, to). */
  between(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length)]!;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return Array.from({ length: left.length }, () => left.splice(this.between(0, left.length), 1)[0]!);
  }
}

/** A series of its own, so that what draws from it at the same time as others does not depend on them. */
export function seededFrom(random: Seeded): Seeded {
  return new Seeded(random.between(0, 2 ** 31));
}
