/** What a reviver is told of a value besides itself (ECMAScript 2025, "JSON.parse source text access"). */
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

const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/**
 * Parses JSON with every integer as a bigint, so that none is rounded; a number with a fraction or an exponent stays a
 * number. Throws a SyntaxError for text that is not JSON, and a RangeError for text that is nested too deeply.
 */
export function parseJson(text: string): unknown {
  return exact.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && INTEGER.test(source) ? BigInt(source) : value,
  );
}

/** An integer, given as a bigint or its decimal text, for `JSON.stringify` to write as a JSON number, unrounded. */
export function exactInteger(value: bigint | string): RawJson {
  return exact.rawJSON(value.toString());
}
