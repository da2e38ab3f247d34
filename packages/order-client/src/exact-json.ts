import { INT64_FIELDS } from './generated.ts';

/** The parts of JSON that TypeScript's library does not know yet (ECMAScript's "JSON.parse source text access"). */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const exact = JSON as unknown as ExactJson;

/** Parses an answer: fields of 64-bit integers become bigints, all else is what JSON.parse gives. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return exact.parse(text, (key, value, { source }) =>
    typeof value === 'number' && source !== undefined && INT64_FIELDS.has(key) ? BigInt(source) : value,
  );
}

/** Writes a body: bigints become JSON integers, to the last digit. */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? exact.rawJSON(part.toString()) : part,
  );
}
