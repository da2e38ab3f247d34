import { InvalidValueError } from '../errors.ts';

/** Longer values are cut. */
const VALUE_BYTES = 128;
const PLAIN = /[A-Za-z0-9._-]/;
const ENDINGS = new Set([';', ' ', '\t', '\n', '\r']);

/** Tags of a comment by their names: small letters, digits and `_`. One that is undefined is left out. */
export type SqlTags = Readonly<Record<string, string | number | bigint | undefined>>;

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
export function withSqlComment(sql: string, tags: SqlTags): string {
  const list: string[] = [];
  for (const [name, value] of Object.entries(tags)) {
    if (value === undefined) continue;
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(name))
      throw new InvalidValueError(`${JSON.stringify(name)} is no name for a tag of a comment`);
    list.push(`${name}=${sanitised(value)}`);
  }
  if (list.length === 0) return sql;
  // After a semicolon the comment would be a statement of its own. This is a loop because a regular expression would try
  // again from every blank.
  let end = sql.length;
  while (end > 0 && ENDINGS.has(sql[end - 1]!)) end -= 1;
  return `${sql.slice(0, end)} /* ${list.join(' ')} */`;
}
