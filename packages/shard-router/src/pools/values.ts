import { InvalidValueError } from '../errors.ts';

/** What may stand for a `?` in a statement. Its type, never its shape, decides the literal. */
export type SqlValue = string | number | bigint | boolean | Buffer | Date | null;

/**
 * Refuses a text that is no Unicode: it would be stored as another one, with U+FFFD in the place of each half of a pair.
 *
 * @throws InvalidValueError
 */
export function checkText(text: string, place: number): void {
  if (!text.isWellFormed())
    throw new InvalidValueError(
      `value ${place + 1} of the statement holds half of a surrogate pair: it is no Unicode text`,
    );
}

/** Checks the values of a statement. Throws {@link InvalidValueError} naming the place of one that is no scalar. */
export function checkValues(values: readonly unknown[]): asserts values is readonly SqlValue[] {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    switch (typeof value) {
      case 'string':
        checkText(value, i);
        continue;
      case 'bigint':
      case 'boolean':
        continue;
      case 'number':
        if (Number.isFinite(value)) continue;
        break;
      case 'object':
        if (value === null || Buffer.isBuffer(value)) continue;
        if (value instanceof Date && !Number.isNaN(value.getTime())) continue;
        break;
      default:
    }
    throw new InvalidValueError(
      `value ${i + 1} of the statement is no text, number, bigint, boolean, Buffer, Date or null`,
    );
  }
}
