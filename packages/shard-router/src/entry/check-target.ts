import { InvalidKeyError } from '../errors.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import { keyText } from '../routing/bucket.ts';
import { checkTextKey } from '../routing/text-key.ts';
import { NUMBERS_END } from '../topology/map.ts';
import { shown } from './shown.ts';

/** The most characters of a key: an index of the server can hold no more. */
const MAX_KEY_LENGTH = 3_072;

const NAMES: Readonly<Record<keyof WriteTarget, true>> = {
  number: true,
  key: true,
  text: true,
  keyGeneration: true,
  fresh: true,
};

/**
 * Checks a number from a caller: it must be a bigint that a fence covers, from 0 to 2^63 − 2. A string or a JavaScript number
 * is refused, even if it looks right: it would have become part of a statement.
 *
 * @throws InvalidKeyError
 */
export function checkNumber(number: unknown): asserts number is bigint {
  if (typeof number === 'bigint' && number >= 0n && number < NUMBERS_END) return;
  throw new InvalidKeyError(`a number is a bigint from 0 to 2^63 - 2, not ${shown(number)}`);
}

/**
 * Checks a key that is a text: well-formed Unicode, not empty, and no longer than an index can hold.
 *
 * @throws InvalidKeyError
 */
export function checkKeyText(key: unknown): asserts key is string {
  if (typeof key !== 'string') throw new InvalidKeyError(`a key is a text, not ${shown(key)}`);
  keyText(key);
  if (key.length > MAX_KEY_LENGTH)
    throw new InvalidKeyError(`a key has up to ${MAX_KEY_LENGTH} characters, not ${key.length}`);
  if (!key.isWellFormed()) throw new InvalidKeyError('a key with half of a surrogate pair is no text');
}

/**
 * Checks the target that a caller wants to write, and returns it as an object of the router's own. So neither a later change
 * by the caller nor a getter on the caller's object can change it.
 *
 * @throws InvalidKeyError
 */
export function checkedTarget(given: unknown): WriteTarget {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new InvalidKeyError(`a target is an object with a number, a key or a text, not ${shown(given)}`);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(NAMES, name))
      throw new InvalidKeyError(`a target has no ${shown(name)}; it has ${Object.keys(NAMES).join(', ')}`);
  }
  const { number, key, text, keyGeneration, fresh } = given as Record<keyof WriteTarget, unknown>;
  if (number === undefined && key === undefined && text === undefined)
    throw new InvalidKeyError('a write needs a number, a key or a text');
  if (number !== undefined) checkNumber(number);
  if (key !== undefined) checkKeyText(key);
  const textKey = text === undefined ? undefined : checkTextKey(text);
  if (keyGeneration !== undefined && !isGeneration(keyGeneration))
    throw new InvalidKeyError(`a generation of keys is an integer, 0 or more, not ${shown(keyGeneration)}`);
  if (fresh !== undefined && typeof fresh !== 'boolean')
    throw new InvalidKeyError(`fresh is true or false, not ${shown(fresh)}`);
  return {
    ...(number === undefined ? {} : { number }),
    ...(key === undefined ? {} : { key }),
    ...(textKey === undefined ? {} : { text: textKey }),
    ...(keyGeneration === undefined ? {} : { keyGeneration }),
    ...(fresh === undefined ? {} : { fresh }),
  };
}

function isGeneration(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
