import { InvalidValueError } from '../errors.ts';
import type { SqlValue } from '../pools/values.ts';

/** Printable ASCII and white space, without quotes and backslashes. */
const PLAIN = /^[\t\n\r\x20-\x26\x28-\x5b\x5d-\x7e]*$/;
/** The same with single quotes. */
const QUOTED = /^[\t\n\r\x20-\x5b\x5d-\x7e]*$/;

/**
 * The SQL literal of a value. Its type alone decides the form. It is ASCII whatever the value is, and a backslash never
 * stands in it: so it means the same in every character set of the connection, and with NO_BACKSLASH_ESCAPES or without.
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

function textLiteral(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`;
  if (QUOTED.test(text)) return `'${text.replaceAll("'", "''")}'`;
  if (!text.isWellFormed())
    throw new InvalidValueError('a text holds half of a surrogate pair: it is no Unicode text');
  return `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/** UTC, as the sessions are. */
function dateLiteral(date: Date): string {
  const year = Number.isNaN(date.getTime()) ? Number.NaN : date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999))
    throw new InvalidValueError('a date is invalid, or not in the years 1 to 9999');
  return `'${date.toISOString().slice(0, 23).replace('T', ' ')}'`;
}
