import { createHash } from 'node:crypto';

/**
 * Chance that depends on a seed and on its purpose, and on nothing else. The same run gets the same answers, however its
 * calls interleave.
 */
export class Chance {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** In [0, 1). */
  of(...what: readonly (string | number)[]): number {
    const digest = createHash('sha256')
      .update(JSON.stringify([this.#seed, ...what]))
      .digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  happens(share: number, ...what: readonly (string | number)[]): boolean {
    return share > 0 && this.of(...what) < share;
  }
}
