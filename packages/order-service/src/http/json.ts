/** What a reviver gets besides a value itself (ECMAScript 2025, "JSON.parse source text access"). */
interface ReviverContext {
  /** The text that the value was written as; only for values that are no objects. */
  readonly source?: string;
}

/** The parts of JSON that TypeScript's library does not know yet. */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown;
  rawJSON(text: string): RawJson;
}

declare const rawBrand: unique symbol;

/** Text that `JSON.stringify` writes as it is. */
export type RawJson = object & { readonly [rawBrand]: true };

const exact = JSON as unknown as ExactJson;

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** More digits than any integer that is taken here. */
const MOST_DIGITS = 40;

/**
 * Parses JSON with every integer as a bigint, so that none is rounded; as in JSON Schema, `2.0` and `2e1` are integers. Other
 * numbers, and integers of more than 40 digits, stay numbers. Throws a SyntaxError for text that is not JSON, and a
 * RangeError for text that is nested too deeply.
 */
export function parseJson(text: string): unknown {
  return exact.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? (integerOf(source) ?? value) : value,
  );
}

/** The integer that the text of a number stands for; undefined when it stands for none. */
function integerOf(source: string): bigint | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? [];
  if (sign === undefined) return undefined;
  const shift = Number(exponent) - fraction.length;
  const digits = whole + fraction;
  if (digits.length + Math.abs(shift) > MOST_DIGITS) return undefined;
  if (shift >= 0) return BigInt(`${sign}${digits}`) * 10n ** BigInt(shift);
  const rest = digits.slice(shift);
  return /^0*$/.test(rest) ? BigInt(`${sign}${digits.slice(0, shift) || '0'}`) : undefined;
}

/** An integer, given as a bigint or its decimal text, for `JSON.stringify` to write as a JSON number, unrounded. */
export function exactInteger(value: bigint | string): RawJson {
  return exact.rawJSON(value.toString());
}
