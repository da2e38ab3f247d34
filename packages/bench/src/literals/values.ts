import { mulberry32 } from '../measure/statistics.ts';

/** A value that a `?` takes. */
export type Value = string | number | bigint | boolean | Buffer | Date | null;

/** Pieces that have broken some escaping somewhere, and ordinary ones between them. */
const PIECES = [
  "'",
  '"',
  '`',
  '\\',
  "\\'",
  "''",
  "'; DROP TABLE fuzz_values; -- ",
  '*/',
  '/*!50000 ',
  '--\n',
  '#',
  ';',
  '?',
  ':name',
  '${x}',
  '%',
  '_',
  '\0',
  '\u001a',
  '\b',
  '\t',
  '\r\n',
  '\u00bf',
  '\u00bf\\',
  "\u00bf'",
  '縗\\',
  'ソ',
  '表',
  '떡볶이',
  '🍲',
  '\u{10ffff}',
  '\ufeff',
  '\ufffd',
  '\u0301',
  '\u202e',
  '\u2028',
  'é',
  'ß',
  ' ',
  'a',
  'plain text of an ordinary length',
  'NULL',
  '0x00',
  "_utf8mb4 x'00'",
] as const;

/** Values that have no literal: each must be refused by its type, before anything is sent. */
export const REFUSED: readonly unknown[] = [
  undefined,
  Number.NaN,
  Infinity,
  -Infinity,
  {},
  { toSqlString: () => "1'; DROP TABLE fuzz_values" },
  { toString: () => 'x' },
  [],
  [1, "2'"],
  new Uint8Array([1]),
  new Map(),
  Symbol('x'),
  () => 1,
  Object('x'),
  new Date(Number.NaN),
  new Date('+010000-01-01T00:00:00Z'),
  '\ud800',
  'a\udfff',
  '\udf72\ud83c',
];

/** Makes values, the same ones for each seed. */
export class ValueMaker {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  make(): Value {
    const kind = this.#below(100);
    if (kind < 55) return this.#text();
    if (kind < 70) return this.#bytes();
    if (kind < 80) return this.#number();
    if (kind < 90) return this.#integer();
    if (kind < 94) return new Date(Date.UTC(1, 0, 1) + Math.floor(this.#random() * 2.5e14));
    return kind < 98 ? this.#random() < 0.5 : null;
  }

  #text(): string {
    const long = this.#below(200) === 0 ? 400 : 8;
    return Array.from({ length: this.#below(long) }, () => PIECES[this.#below(PIECES.length)]).join('');
  }

  #bytes(): Buffer {
    return Buffer.from(Array.from({ length: this.#below(40) }, () => this.#below(256)));
  }

  #number(): number {
    const sign = this.#random() < 0.5 ? -1 : 1;
    return sign * this.#random() * 10 ** (this.#below(60) - 30);
  }

  #integer(): bigint {
    return BigInt.asIntN(64, (BigInt(this.#below(2 ** 32)) << 32n) | BigInt(this.#below(2 ** 32)));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
