import { InvalidKeyError } from '../errors.ts';

/** The longest text key, in bytes of UTF-8: what an index of InnoDB holds. */
export const LONGEST_TEXT_KEY = 3_072;

/**
 * Returns a text key unchanged, after a check that no other text is the same key to a database. Two texts that differ by a
 * blank at their end are equal to `utf8mb4_bin`; different texts that are not well-formed Unicode can have the same UTF-8.
 *
 * @throws InvalidKeyError
 */
export function checkTextKey(text: unknown): string {
  if (typeof text !== 'string') throw new InvalidKeyError(`a text key is a text, not ${kindOf(text)}`);
  if (text === '') throw new InvalidKeyError('a text key must not be empty');
  if (text.endsWith(' ')) throw new InvalidKeyError('a text key must not end with a blank');
  if (!text.isWellFormed()) throw new InvalidKeyError('a text key must be well-formed Unicode');
  // No UTF-16 unit has more than three bytes.
  if (text.length * 3 > LONGEST_TEXT_KEY && Buffer.byteLength(text) > LONGEST_TEXT_KEY) {
    throw new InvalidKeyError(`a text key has at most ${LONGEST_TEXT_KEY} bytes of UTF-8`);
  }
  return text;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
