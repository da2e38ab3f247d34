import { z } from 'zod';

/** The largest integer that databases, events and this API carry. */
export const LARGEST_INT64 = 2n ** 63n - 1n;

/** The message for a value of the wrong type, or for a missing one. */
export const expected = (what: string) => ({
  error: (issue: { readonly input?: unknown }) =>
    issue.input === undefined ? 'is required' : `must be ${what}`,
});

/**
 * Text as people write it. NUL and halves of surrogate pairs are refused: not every store returns them unchanged. Limits
 * count characters, as those of JSON Schema and of the columns do, not UTF-16 units.
 */
export const text = (max: number, min: 0 | 1 = 1) =>
  z
    .string(expected('text'))
    .refine(
      (value) => value.isWellFormed() && !value.includes('\0'),
      'must have no NUL and no lone surrogate',
    )
    .refine((value) => value.length >= min, 'must not be empty')
    .refine(
      (value) => value.length <= max || (value.length <= 2 * max && charactersOf(value) <= max),
      `must have at most ${max} characters`,
    )
    .meta({ minLength: min, maxLength: max, pattern: '^[^\\u0000]*$' });

/** How many characters a text has: a surrogate pair is one. */
function charactersOf(value: string): number {
  let count = 0;
  for (let at = 0; at < value.length; at += value.codePointAt(at)! > 0xffff ? 2 : 1) count += 1;
  return count;
}

/**
 * An id that other systems give. It has no blanks, so that it can be part of a path, a key or a header. It is neither `.` nor
 * `..`: code that builds a URL takes these for the path itself and for its parent, escaped or not.
 */
export const id = z
  .string(expected('text'))
  .regex(/^(?!\.{1,2}$)[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible ASCII characters, and not . or ..');

const integer = z.bigint(expected('a whole number'));

/** An amount in minor units. */
export const amount = integer.min(0n, 'must not be negative').max(LARGEST_INT64, 'is too large');

/** A whole number of a body, as a number: small enough to be exact. */
export const count = (max: number) =>
  integer
    .min(1n, 'must be at least 1')
    .max(BigInt(max), `must be at most ${max}`)
    .transform((value) => Number(value));

/** An object with these fields and no others. */
export const object = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape, expected('an object'));

/** Text of a query parameter, which may be given once. */
export const once = z.string('must be given once');

/** A whole number of a query parameter. */
export const queryInteger = (min: number, max: number, fallback: number) =>
  once
    .regex(/^(?:0|[1-9]\d{0,8})$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .default(fallback)
    .meta({ type: 'integer', minimum: min, maximum: max, default: fallback });
