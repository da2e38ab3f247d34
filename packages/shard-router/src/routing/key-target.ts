import { InvalidKeyError } from '../errors.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { keyText } from './bucket.ts';
import { checkTextKey } from './text-key.ts';

/**
 * What a scope is for. A bigint is a number, and so is its canonical decimal text, such as a parameter of an HTTP path; any
 * other text is a text key. `{ number }`, `{ text }` and `{ key }` say which is meant, whatever the text looks like.
 */
export type Key =
  | bigint
  | string
  | { readonly number: bigint | string }
  | { readonly text: string }
  /** An idempotency key: its owner is that of the moment. */
  | { readonly key: string };

/** Whose rows are read: a number's or a text key's. */
export type RowKey = bigint | { readonly number: bigint | string } | { readonly text: string };

const CANONICAL = /^(?:0|[1-9]\d{0,18})$/;
const LAST_NUMBER = 2n ** 63n - 2n;

/** The number that a text is the canonical decimal text of; undefined for any other text. */
export function numberOfText(text: string): bigint | undefined {
  if (!CANONICAL.test(text)) return undefined;
  const number = BigInt(text);
  return number > LAST_NUMBER ? undefined : number;
}

/**
 * The target that a key stands for.
 *
 * @throws InvalidKeyError for anything that is not a key
 */
export function targetOfKey(key: Key): WriteTarget {
  if (typeof key === 'bigint') return { number: key };
  if (typeof key === 'string') {
    const number = numberOfText(key);
    return number === undefined ? { text: checkTextKey(key) } : { number };
  }
  if (typeof key !== 'object' || key === null) {
    throw new InvalidKeyError(`a key is a text or a bigint, not ${key === null ? 'null' : typeof key}`);
  }
  if (Object.keys(key).length !== 1)
    throw new InvalidKeyError('a key has one of `number`, `text` and `key`, and nothing else');
  if ('text' in key) return { text: checkTextKey(key.text) };
  if ('number' in key) return { number: numberOf(key.number) };
  if ('key' in key && typeof key.key === 'string') return { key: keyText(key.key) };
  throw new InvalidKeyError('a key has one of `number`, `text` and `key`');
}

/**
 * Returns the target of rows that are read.
 *
 * @throws InvalidKeyError for a text alone, which could be a number or a text key, and for an idempotency key, whose rows
 *   have no fence of their own
 */
export function targetOfRows(of: RowKey): WriteTarget {
  if (typeof of === 'bigint') return { number: of };
  if (typeof of === 'object' && of !== null && !('key' in of)) return targetOfKey(of);
  throw new InvalidKeyError('rows are read of a bigint, a `{ number }` or a `{ text }`');
}

/**
 * A number, given as a bigint or as its canonical decimal text.
 *
 * @throws InvalidKeyError for anything else
 */
export function numberOf(number: unknown): bigint {
  if (typeof number === 'bigint') return number;
  const found = typeof number === 'string' ? numberOfText(number) : undefined;
  if (found !== undefined) return found;
  throw new InvalidKeyError(
    `a number is a bigint or its decimal text, without sign or leading zeros and below 2^63 - 1, not ${
      typeof number === 'string' ? JSON.stringify(number) : typeof number
    }`,
  );
}

/** Returns what a target's bucket is hashed from: its number, its text or its key. */
export function hashedOf({ number, text, key }: WriteTarget): bigint | string {
  return (number ?? text ?? key)!;
}
