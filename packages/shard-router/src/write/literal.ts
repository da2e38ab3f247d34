import { InvalidValueError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';

/** Characters that cannot stand between single quotes unchanged, or that need a check. */
const SPECIAL = /['\\\ud800-\udfff]/;

/**
 * The SQL literal of a value, for a session of {@link ShardPool} in the mode `merged`: in utf8mb4, with backslash escapes.
 * Its type alone decides the form. Quotes are doubled and never escaped, so that no backslash comes to stand before one
 * that ends a literal.
 *
 * @throws InvalidValueError for a value of another type, a number that is not finite, a date outside the years 1 to 9999,
 * and text that is no well-formed Unicode
 */
export function literal(value: SqlValue): string {
  switch (typeof value) {
    case 'string':
      return textLiteral(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    case 'object':
      if (value === null) return 'NULL';
      if (Buffer.isBuffer(value)) return `x'${value.toString('hex')}'`;
      if (value instanceof Date) return dateLiteral(value);
      break;
    default:
  }
  throw new InvalidValueError(
    'a value is no text, finite number, bigint, boolean, Buffer, Date or null, and has no literal',
  );
}

/** Texts of at least this length are remembered for a moment: an event and the answer kept for a key are the same text. */
const LONG = 200;
/** The last two, the older one first. */
const remembered = [
  { text: '', literal: "''" },
  { text: '', literal: "''" },
];

function textLiteral(text: string): string {
  if (text.length < LONG) return writtenOut(text);
  for (const one of remembered) if (one.text === text) return one.literal;
  const last = { text, literal: writtenOut(text) };
  remembered.shift();
  remembered.push(last);
  return last.literal;
}

function writtenOut(text: string): string {
  if (!SPECIAL.test(text)) return `'${text}'`;
  if (!text.isWellFormed())
    throw new InvalidValueError('a text holds half of a surrogate pair: it is no Unicode text');
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** UTC, as the sessions are. */
function dateLiteral(date: Date): string {
  const year = Number.isNaN(date.getTime()) ? Number.NaN : date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999))
    throw new InvalidValueError('a date is invalid, or not in the years 1 to 9999');
  return `'${date.toISOString().slice(0, 23).replace('T', ' ')}'`;
}
