import { InvalidValueError } from '../errors.ts';

/** What may stand for a `?` in a statement. Its type, never its shape, decides the literal. */
export type SqlValue = string | number | bigint | boolean | Buffer | Date | null;

/** Checks the values of a statement. Throws {@link InvalidValueError} naming the place of one that is no scalar. */
export function checkValues(values: readonly unknown[]): asserts values is readonly SqlValue[] {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    switch (typeof value) {
      case 'string':
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
