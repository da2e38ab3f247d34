/** A source of random values. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** A whole number in [low, high]. */
  integer(low: number, high: number): number;
  /** Whether something of this probability happens. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/**
 * Returns a random source that yields the same numbers for the same seed and label, on every machine. Each label has its own
 * stream, so that the draws of one order do not shift the draws of another. Generator: sfc32 of Chris Doty-Humphrey's
 * PractRand, its state filled by xmur3.
 */
export function randomOf(seed: number, label: string): Random {
  const word = hashWords(`${seed}/${label}`);
  let a = word();
  let b = word();
  let c = word();
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();
  const fraction = () => next() / 2 ** 32;
  return {
    fraction,
    integer: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    chance: (probability) => fraction() < probability,
    pick: <T>(choices: readonly T[]): T => {
      const chosen = choices[Math.floor(fraction() * choices.length)];
      if (chosen === undefined) throw new RangeError('there is nothing to pick from');
      return chosen;
    },
  };
}

/** xmur3: MurmurHash3's mixing, turned into any number of 32-bit words from a text. */
function hashWords(text: string): () => number {
  let hash = 1779033703 ^ text.length;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  return () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash >>> 0;
  };
}
