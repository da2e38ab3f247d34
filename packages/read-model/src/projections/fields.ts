import { ProjectionError } from '../errors.ts';

/**
 * Checks of an event's fields. Each takes the field's name for the message, and throws {@link ProjectionError}. Where
 * fields lie in others, the outer name is put before the message only when there is one.
 */

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

export function text(value: unknown, field: string): string {
  if (typeof value !== 'string') throw new ProjectionError(`${field} is not a text`);
  return value;
}

/** A 64-bit integer, written as decimal text. */
export function amount(value: unknown, field: string): bigint {
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) {
    const number = BigInt(value);
    if (value.length < 19 || (number >= LOWEST && number <= HIGHEST)) return number;
  }
  throw new ProjectionError(`${field} is not a 64-bit integer as decimal text`);
}

/** A sum of 64-bit integers, which may be beyond them. */
export function sum(value: bigint, field: string): bigint {
  if (value < LOWEST || value > HIGHEST) throw new ProjectionError(`${field} is beyond 64 bits`);
  return value;
}

/** An integer from 0 to 2^53 - 1. */
export function count(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new ProjectionError(`${field} is not a count`);
  }
  return value as number;
}

/** An RFC 3339 time. */
export function time(value: unknown, field: string): Date {
  const date = new Date(text(value, field));
  if (Number.isNaN(date.getTime())) throw new ProjectionError(`${field} is not a time`);
  return date;
}

export function oneOf<T extends string>(values: readonly T[], value: unknown, field: string): T {
  if (!values.includes(value as T)) throw new ProjectionError(`${field} is none of ${values.join(', ')}`);
  return value as T;
}

/** Reads an object; `read` names its fields with a dot before them, such as `.at`. */
export function object<T>(
  value: unknown,
  field: string,
  read: (fields: Readonly<Record<string, unknown>>) => T,
): T {
  if (typeof value !== 'object' || value === null) throw new ProjectionError(`${field} is not an object`);
  try {
    return read(value as Record<string, unknown>);
  } catch (error) {
    throw within(field, error);
  }
}

export function list<T>(value: unknown, field: string, read: (item: unknown, field: string) => T): T[] {
  if (!Array.isArray(value)) throw new ProjectionError(`${field} is not a list`);
  let index = 0;
  try {
    return value.map((item, i) => {
      index = i;
      return read(item, '');
    });
  } catch (error) {
    throw within(`${field}[${index}]`, error);
  }
}

function within(field: string, error: unknown): unknown {
  return error instanceof ProjectionError ? new ProjectionError(`${field}${error.message}`) : error;
}

/** `{ [name]: read(value) }`, or `{}` for a value that is not there. */
export function optional<N extends string, T>(
  name: N,
  value: unknown,
  read: (value: unknown, field: string) => T,
): { [K in N]?: T } {
  if (value === undefined || value === null) return {};
  return { [name]: read(value, name) } as { [K in N]: T };
}
