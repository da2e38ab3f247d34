import { InvalidValueError } from '../errors.ts';

/** Longer values are cut. */
const VALUE_BYTES = 128;
const PLAIN = /[A-Za-z0-9._-]/;

/**
 * A value for a comment: letters, digits and `.` `_` `-` as they are, every other byte of its UTF-8 as `%` and two digits.
 * So nothing in it ends the comment, begins a quote, or looks like a placeholder.
 */
function sanitised(value: string | number | bigint): string {
  let text = '';
  for (const byte of Buffer.from(String(value)).subarray(0, VALUE_BYTES)) {
    const character = String.fromCodePoint(byte);
    text += PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/**
 * A statement with a comment at its end that says where it comes from, such as `/* shard=1 request=a7 *\/`, for the
 * server's process list and slow log. Not for prepared statements, when a tag differs from call to call: each text is a
 * statement of its own there.
 *
 * @throws InvalidValueError for a tag's name that is not of small letters, digits and `_`
 */
export function withSqlComment(
  sql: string,
  tags: Readonly<Record<string, string | number | bigint>>,
): string {
  const entries = Object.entries(tags);
  if (entries.length === 0) return sql;
  const list = entries.map(([name, value]) => {
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(name))
      throw new InvalidValueError(`${JSON.stringify(name)} is no name for a tag of a comment`);
    return `${name}=${sanitised(value)}`;
  });
  // After a semicolon the comment would be a statement of its own.
  return `${sql.replace(/[;\s]+$/, '')} /* ${list.join(' ')} */`;
}
