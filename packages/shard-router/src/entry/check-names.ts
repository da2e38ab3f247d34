import { InvalidOptionError } from '../errors.ts';
import { shown } from './shown.ts';
import { MAX_TIMER_MS } from '../pools/time-limits.ts';

/** The values that an option can have: their description for messages, and a test for them. */
export interface OptionKind {
  readonly what: string;
  readonly fits: (value: unknown) => boolean;
}

/** The kind of each option; the type makes sure that none is forgotten. */
export type OptionKinds<Options> = { readonly [Name in keyof Required<Options>]: OptionKind };

/**
 * Checks that each option has a known name and a value of its kind. The value undefined counts as an option that is not
 * given.
 *
 * @param of names the call in messages
 * @throws InvalidOptionError
 */
export function checkOptions<Options extends object>(
  options: unknown,
  kinds: OptionKinds<Options>,
  of: string,
): asserts options is Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidOptionError(`${of}: options are an object, not ${shown(options)}`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(kinds, name))
      throw new InvalidOptionError(
        `${of}: there is no option ${shown(name)}; there are ${Object.keys(kinds).join(', ')}`,
      );
  }
  for (const name of Object.keys(kinds)) {
    const value = (options as Record<string, unknown>)[name];
    const { what, fits } = kinds[name as keyof Options];
    if (value !== undefined && !fits(value))
      throw new InvalidOptionError(`${of}: ${name} is ${what}, not ${shown(value)}`);
  }
}

/** Checks that an argument is a function. */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') throw new InvalidOptionError(`${what} is a function, not ${shown(value)}`);
}

export const A_FUNCTION: OptionKind = { what: 'a function', fits: (value) => typeof value === 'function' };
export const AN_OBJECT: OptionKind = {
  what: 'an object',
  fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
export const AN_ARRAY: OptionKind = { what: 'an array', fits: (value) => Array.isArray(value) };
export const A_BOOLEAN: OptionKind = { what: 'true or false', fits: (value) => typeof value === 'boolean' };
export const A_TEXT: OptionKind = {
  what: 'a text that is not empty',
  fits: (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
};
/** An amount of time; Infinity for no limit. */
export const MILLISECONDS: OptionKind = {
  what: 'a number of milliseconds, 0 or more',
  fits: (value) => typeof value === 'number' && value >= 0,
};
/** A time limit that a timer watches. It is at most the longest time that timers take, so it cannot be Infinity. */
export const TIMER_MS: OptionKind = {
  what: `a number of milliseconds from 1 to ${MAX_TIMER_MS}`,
  fits: (value) => typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS,
};
export const A_COUNT: OptionKind = {
  what: 'an integer, 1 or more',
  fits: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1,
};
export const ANYTHING: OptionKind = { what: 'anything', fits: () => true };
